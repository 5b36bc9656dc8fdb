using DQPipeline.Onnx.Graphs;

namespace DQPipeline.Onnx.Quantization;

/// <summary>Which results of a network need a byte grid that only data can tell: those that no activation with declared levels takes up at once.</summary>
public static class IntegerPlan
{
    /// <summary>The layers to calibrate, by number.</summary>
    public static IReadOnlyList<int> Calibrated(LayerGraph graph) => [.. Enumerable.Range(0, graph.Layers.Count).Where(i => NeedsGrid(graph, i))];

    /// <summary>Whether the one reader of a layer's result is an activation, whose levels then are the result's.</summary>
    internal static bool IsTakenUp(LayerGraph graph, int layer) => graph.ReadersOf(layer) is [ActivationLayer];

    private static bool NeedsGrid(LayerGraph graph, int layer) => graph.Layers[layer] switch
    {
        ConvolutionLayer or SumLayer => !IsTakenUp(graph, layer),
        ActivationLayer activation => activation is { Steps: 0, IsTanh: false },
        _ => false,
    };
}
