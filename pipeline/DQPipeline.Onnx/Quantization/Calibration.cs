using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Quantization;

/// <summary>Finds the byte grids that a network needs by running it, in float, on images that it was trained on (Jacob et al. 2018, section 3.1).</summary>
/// <param name="graph">The network.</param>
/// <param name="threads">Processor threads; the results do not depend on them but for float rounding.</param>
public sealed class Calibration(LayerGraph graph, int threads)
{
    /// <summary>How the range follows from the values. The default is the smallest mean squared error.</summary>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.MeanSquaredError;

    /// <summary>Percent of the values inside the range, for <see cref="CalibrationMethod.Percentile"/>. Range 50 to 100; the default is 99.99.</summary>
    public double Percentile { get; init; } = 99.99;

    /// <summary>Bits of activations that the network has in full precision. Range 1 to 8; the default is 8.</summary>
    public int Bits { get; init; } = 8;

    /// <summary>The grid of each layer of <see cref="IntegerPlan.Calibrated"/>.</summary>
    /// <param name="batches">Gives the images anew at each call, float32 N×C×H×W in [0,1] a batch: they are read twice, for the ranges and for the counts.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    public IReadOnlyDictionary<int, ByteGrid> Run(Func<IEnumerable<float[]>> batches, CancellationToken cancellation = default)
    {
        var layers = IntegerPlan.Calibrated(graph);
        if (layers.Count == 0)
            return new Dictionary<int, ByteGrid>();
        using var session = Open(layers);
        var ranges = layers.ToDictionary(layer => layer, _ => (Low: 0d, High: 0d));
        ForEach(session, layers, batches(), cancellation, (layer, values) => ranges[layer] = Widened(ranges[layer], values));
        var histograms = ranges.ToDictionary(pair => pair.Key, pair => new Histogram(pair.Value.Low, pair.Value.High));
        ForEach(session, layers, batches(), cancellation, (layer, values) => histograms[layer].Add(values));
        return histograms.ToDictionary(pair => pair.Key, pair => Grid(pair.Value, graph.Layers[pair.Key]));
    }

    /// <summary>Activations begin at 0 and have as many levels as is asked for; all else takes every byte.</summary>
    private ByteGrid Grid(Histogram histogram, Layer layer)
    {
        if (layer is not ActivationLayer)
            return histogram.Grid(Method, Percentile, ByteGrid.Over);
        var steps = (1 << Bits) - 1;
        return histogram.Grid(Method, Percentile, (_, high) => new ByteGrid(high > 0 ? (float)(high / steps) : 1, 0), steps);
    }

    private static (double Low, double High) Widened((double Low, double High) range, ReadOnlySpan<float> values)
    {
        var (low, high) = range;
        foreach (var value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return (low, high);
    }

    private InferenceSession Open(IReadOnlyList<int> layers)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        return new(ModelBytes.Of(FloatGraph.Write(graph, layers), []), options);
    }

    private void ForEach(InferenceSession session, IReadOnlyList<int> layers, IEnumerable<float[]> batches, CancellationToken cancellation, SpanAction take)
    {
        using var options = new RunOptions();
        var outputs = layers.Select(layer => graph.Layers[layer].Name).ToArray();
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            long[] shape = [batch.Length / (graph.Channels * graph.Height * graph.Width), graph.Channels, graph.Height, graph.Width];
            using var images = OrtValue.CreateTensorValueFromMemory(batch, shape);
            using var results = session.Run(options, [FloatGraph.Input], [images], outputs);
            for (var i = 0; i < layers.Count; i++)
                take(layers[i], results[i].GetTensorDataAsSpan<float>());
        }
    }

    private delegate void SpanAction(int layer, ReadOnlySpan<float> values);
}
