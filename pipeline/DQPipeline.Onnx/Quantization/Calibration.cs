using DQPipeline.Onnx.Graphs;

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

    /// <summary>Whether each weight goes to its nearest byte, and the images are looked at for ranges only. The default is false: see <see cref="WeightRounding"/>.</summary>
    internal bool RoundsToNearest { get; init; }

    /// <summary>Bytes that covariances take at once; each weight of a layer whose own takes more goes to its nearest byte. The default is 1 GiB.</summary>
    internal long CovarianceRoom { get; init; } = 1L << 30;

    /// <summary>The grid of each layer of <see cref="IntegerPlan.Calibrated"/>, and the weights on their bytes.</summary>
    /// <param name="batches">Gives the images anew at each call, float32 N×C×H×W in [0,1] a batch: they are read for the ranges, for the counts, and for the inputs' covariances.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    public CalibrationResult Run(Func<IEnumerable<float[]>> batches, CancellationToken cancellation = default)
    {
        var grids = Grids(batches, cancellation);
        return new(grids) { Rounded = RoundsToNearest ? new Dictionary<int, RoundedLayer>() : Round(batches, cancellation) };
    }

    private IReadOnlyDictionary<int, ByteGrid> Grids(Func<IEnumerable<float[]>> batches, CancellationToken cancellation)
    {
        var layers = IntegerPlan.Calibrated(graph);
        if (layers.Count == 0)
            return new Dictionary<int, ByteGrid>();
        using var watch = new LayerWatch(graph, layers, threads);
        var ranges = layers.ToDictionary(layer => layer, _ => (Low: 0d, High: 0d));
        watch.Run(batches(), (layer, _, values) => ranges[layer] = Widened(ranges[layer], values), cancellation);
        var histograms = ranges.ToDictionary(pair => pair.Key, pair => new Histogram(pair.Value.Low, pair.Value.High));
        watch.Run(batches(), (layer, _, values) => histograms[layer].Add(values), cancellation);
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

    /// <summary>Rounds the weights of layer after layer; as many at once as there is room for their covariances. It grows with the square of a layer's inputs, so that for a wide one there is none.</summary>
    private Dictionary<int, RoundedLayer> Round(Func<IEnumerable<float[]>> batches, CancellationToken cancellation)
    {
        var rounded = new Dictionary<int, RoundedLayer>();
        var waiting = new Queue<int>(Enumerable.Range(0, graph.Layers.Count).Where(i => graph.Layers[i] is ConvolutionLayer or HeadLayer && CovarianceBytes(i) <= CovarianceRoom));
        while (waiting.Count > 0)
        {
            var layers = new List<int> { waiting.Dequeue() };
            while (waiting.Count > 0 && layers.Append(waiting.Peek()).Sum(CovarianceBytes) <= CovarianceRoom)
                layers.Add(waiting.Dequeue());
            Round(layers, batches(), rounded, cancellation);
        }

        return rounded;
    }

    private void Round(List<int> layers, IEnumerable<float[]> batches, Dictionary<int, RoundedLayer> rounded, CancellationToken cancellation)
    {
        var moments = layers.ToDictionary(layer => layer, layer => new InputMoments(Vector(layer), threads));
        try
        {
            var readers = layers.ToLookup(layer => graph.Layers[layer].Reads[0]);
            using var watch = new LayerWatch(graph, [.. readers.Select(group => group.Key)], threads);
            watch.Run(
                batches,
                (read, shape, values) =>
                {
                    foreach (var layer in readers[read])
                    {
                        if (graph.Layers[layer] is ConvolutionLayer convolution)
                            moments[layer].AddWindows(shape, values, convolution.Kernel, convolution.Stride);
                        else
                            moments[layer].AddMeans(shape, values);
                    }
                },
                cancellation);
            foreach (var layer in layers)
            {
                cancellation.ThrowIfCancellationRequested();
                var (mean, covariance) = moments[layer].Result();
                rounded[layer] = graph.Layers[layer] switch
                {
                    ConvolutionLayer convolution => WeightRounding.Round(convolution.Weight, convolution.Bias, mean, covariance, threads),
                    HeadLayer head => WeightRounding.Round(head.Weight, head.Bias, mean, covariance, threads),
                    var other => throw new NotSupportedException($"{other.GetType().Name} has no weights."),
                };
            }
        }
        finally
        {
            foreach (var one in moments.Values)
                one.Dispose();
        }
    }

    private int Vector(int layer) => graph.Layers[layer] switch
    {
        ConvolutionLayer convolution => convolution.Inputs * convolution.Kernel * convolution.Kernel,
        HeadLayer head => head.Weight.Length / graph.Classes,
        _ => 0,
    };

    private long CovarianceBytes(int layer) => (long)Vector(layer) * Vector(layer) * sizeof(double);
}
