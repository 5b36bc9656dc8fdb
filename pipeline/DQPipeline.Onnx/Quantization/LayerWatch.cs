using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Quantization;

/// <summary>Runs a network in float and shows what comes out of some of its layers.</summary>
internal sealed class LayerWatch : IDisposable
{
    private readonly LayerGraph graph;
    private readonly IReadOnlyList<int> layers;
    private readonly string[] names;
    private readonly InferenceSession session;

    /// <summary>A watch over layers.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="layers">The layers, by number.</param>
    /// <param name="threads">Processor threads.</param>
    public LayerWatch(LayerGraph graph, IReadOnlyList<int> layers, int threads)
    {
        (this.graph, this.layers) = (graph, layers);
        names = [.. layers.Select(layer => graph.Layers[layer].Name)];
        using var options = RuntimeSettings.Of(threads);
        session = new(ModelBytes.Of(FloatGraph.Write(graph, layers), []), options);
    }

    /// <summary>Takes a layer's result for a batch.</summary>
    /// <param name="layer">The layer, by number.</param>
    /// <param name="shape">N, channels, rows, columns.</param>
    /// <param name="values">The numbers.</param>
    public delegate void Take(int layer, ReadOnlySpan<long> shape, ReadOnlySpan<float> values);

    /// <summary>Runs batches of images and shows each layer's result of each.</summary>
    /// <param name="batches">float32 N×C×H×W in [0,1] a batch.</param>
    /// <param name="take">Is shown the results.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    public void Run(IEnumerable<float[]> batches, Take take, CancellationToken cancellation)
    {
        using var options = new RunOptions();
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            long[] shape = [batch.Length / (graph.Channels * graph.Height * graph.Width), graph.Channels, graph.Height, graph.Width];
            using var images = OrtValue.CreateTensorValueFromMemory(batch, shape);
            using var results = session.Run(options, [FloatGraph.Input], [images], names);
            for (var i = 0; i < layers.Count; i++)
                take(layers[i], results[i].GetTensorTypeAndShape().Shape, results[i].GetTensorDataAsSpan<float>());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();
}
