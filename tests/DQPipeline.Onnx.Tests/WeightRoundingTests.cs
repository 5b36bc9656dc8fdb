using System.Runtime.InteropServices;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Onnx.Tests;

/// <summary>Rounding that makes up for itself, on inputs whose covariance is known.</summary>
public class WeightRoundingTests
{
    private const int Size = 24;

    /// <summary>The mean squared error of the results, counted on the inputs themselves and not by their covariance.</summary>
    [Fact]
    public void Results_are_closer_than_with_each_weight_at_its_nearest()
    {
        var inputs = Inputs(4000);
        var (weight, bias) = (Gaussians(5 * Size, seed: 2), Gaussians(5, seed: 3));
        var rounded = Round(weight, bias, inputs);
        var nearest = QuantizedWeights.Of(weight, bias, 1);
        for (var c = 0; c < 5; c++)
        {
            var (ours, theirs) = (Error(rounded.Weights, rounded.Bias, c), Error(nearest, bias, c));
            Assert.True(ours < 0.25 * theirs, $"{ours} against {theirs}");
        }

        double Error(QuantizedWeights q, float[] shift, int c) => inputs.Average(x =>
            Math.Pow(Enumerable.Range(0, Size).Sum(i => ((q.Values[(c * Size) + i] * (double)q.Scales[c]) - weight[(c * Size) + i]) * x[i]) + shift[c] - bias[c], 2));
    }

    /// <summary>The bias takes up the error's mean to the last bit, whatever the weights were rounded to.</summary>
    [Fact]
    public void Nothing_is_lacking_on_average()
    {
        var inputs = Inputs(500);
        var (weight, bias) = (Gaussians(3 * Size, seed: 5), Gaussians(3, seed: 6));
        var rounded = Round(weight, bias, inputs);
        for (var c = 0; c < 3; c++)
        {
            var mean = inputs.Average(x => Enumerable.Range(0, Size).Sum(i => ((rounded.Weights.Values[(c * Size) + i] * (double)rounded.Weights.Scales[c]) - weight[(c * Size) + i]) * x[i])) + rounded.Bias[c] - bias[c];
            Assert.Equal(0, mean, 1e-5);
        }
    }

    [Fact]
    public void Weights_that_bytes_hold_exactly_stay()
    {
        var random = new Random(7);
        var bytes = Enumerable.Range(0, 2 * Size).Select(i => i % Size == 5 ? 127 : random.Next(-127, 128)).ToArray();
        var rounded = Round(Array.ConvertAll(bytes, q => q * 0.25f), [1, 2], Inputs(100));
        Assert.Equal(bytes, rounded.Weights.Values.Select(q => (int)q));
        Assert.Equal([0.25f, 0.25f], rounded.Weights.Scales);
        Assert.Equal([1f, 2f], rounded.Bias);
    }

    /// <summary>With inputs that have nothing to do with each other there is nothing to make up for: the nearest byte is the best.</summary>
    [Fact]
    public void Independent_inputs_leave_the_nearest()
    {
        var weight = Gaussians(2 * Size, seed: 9);
        var identity = new double[Size * Size];
        for (var i = 0; i < Size; i++)
            identity[(i * Size) + i] = 1 + (0.1 * i);
        Assert.Equal(QuantizedWeights.Of(weight, [0, 0], 1).Values, WeightRounding.Round(weight, [0, 0], new double[Size], identity, 1).Weights.Values);
    }

    [Fact]
    public void Inputs_that_never_vary_and_channels_of_zeros_do_no_harm()
    {
        var rounded = WeightRounding.Round([.. Gaussians(Size, seed: 1), .. new float[Size]], [1, 2], new double[Size], new double[Size * Size], 2);
        Assert.All(rounded.Bias, value => Assert.True(float.IsFinite(value)));
        Assert.All(rounded.Weights.Values[Size..], q => Assert.Equal(0, q));
    }

    /// <summary>
    /// Of three channels one has no weights, and one such small ones that its bias would take more than 30 bits of steps; the third keeps its rounding. Each bias is kept to a millionth: 0.3 in the one without weights, whose
    /// scale nothing else sets.
    /// </summary>
    [Fact]
    public void A_channel_that_says_nothing_of_its_scale_or_does_not_hold_its_bias_takes_nothing_from_the_others()
    {
        const float inputScale = 0.4f;
        float[] weight = [.. Gaussians(Size, seed: 1), .. new float[Size], .. Gaussians(Size, seed: 2).Select(value => value * 1e-9f)];
        float[] bias = [0.7f, 0.3f, 0.1f];
        var covariance = new double[Size * Size];
        for (var i = 0; i < Size; i++)
            covariance[(i * Size) + i] = 1 + i;
        var rounded = WeightRounding.Round(weight, bias, new double[Size], covariance, 2);
        var layer = RoundedLayer.Of(rounded, weight, bias, inputScale);
        Assert.Equal(rounded.Weights.Values[..Size], layer.Weights.Values[..Size]);
        Assert.Equal((rounded.Weights.Scales[0], rounded.Bias[0]), (layer.Weights.Scales[0], layer.Bias[0]));
        var steps = layer.Weights.Bias(layer.Bias, inputScale);
        for (var c = 0; c < 3; c++)
            Assert.Equal(bias[c], steps[c] * (double)inputScale * layer.Weights.Scales[c], c == 0 ? 1e-2 : 1e-6);
    }

    /// <summary>UUᵀ is the matrix again, over several panels and an odd rest, and on any number of threads.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(150)]
    public void A_factorization_multiplies_back(int size)
    {
        var a = Array.ConvertAll(Gaussians(size * size, seed: size), value => (double)value);
        var h = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                h[(i * size) + j] = Enumerable.Range(0, size).Sum(k => a[(i * size) + k] * a[(j * size) + k]) + (i == j ? 1 : 0);
        }

        var (u, single) = ((double[])h.Clone(), (double[])h.Clone());
        UpperCholesky.Factorize(u, size, threads: 4);
        UpperCholesky.Factorize(single, size, threads: 1);
        for (var i = 0; i < size; i++)
        {
            for (var j = i; j < size; j++)
            {
                Assert.Equal(single[(i * size) + j], u[(i * size) + j]);
                Assert.Equal(h[(i * size) + j], Enumerable.Range(j, size - j).Sum(k => u[(i * size) + k] * u[(j * size) + k]), 1e-8);
            }
        }
    }

    /// <summary>Windows and pooled channels, against moments of windows written out by hand.</summary>
    [Fact]
    public void Moments_are_those_of_the_windows()
    {
        // Two images of 2×3×2, all of whose windows are looked at.
        var maps = Gaussians(2 * 2 * 3 * 2, seed: 4);
        using var windows = new InputMoments(2 * 9, threads: 1);
        windows.AddWindows([2, 2, 3, 2], maps, kernel: 3, stride: 1);
        var rows = new List<double[]>();
        for (var n = 0; n < 2; n++)
        {
            for (var place = 0; place < 6; place++)
            {
                rows.Add([.. Enumerable.Range(0, 18).Select(i =>
                {
                    var (channel, y, x) = (i / 9, (place / 2) + (i % 9 / 3) - 1, (place % 2) + (i % 3) - 1);
                    return y is >= 0 and < 3 && x is >= 0 and < 2 ? maps[(((n * 2) + channel) * 6) + (y * 2) + x] : 0.0;
                })]);
            }
        }

        Compare(rows, windows.Result());
        using var means = new InputMoments(2, threads: 1);
        means.AddMeans([2, 2, 3, 2], maps);
        Compare([.. maps.Chunk(12).Select(image => image.Chunk(6).Select(channel => (double)channel.Average()).ToArray())], means.Result());
    }

    [Fact]
    public void Windows_of_a_step_of_two_begin_at_every_other_pixel()
    {
        float[] map = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        using var windows = new InputMoments(1, threads: 1);
        windows.AddWindows([1, 1, 4, 4], map, kernel: 1, stride: 2);
        Compare([[1], [3], [9], [11]], windows.Result());
    }

    /// <summary>The second convolution has 4·3·3 inputs, and no other layer as many.</summary>
    [Theory]
    [InlineData(36L * 36 * sizeof(double), true)]
    [InlineData((36L * 36 * sizeof(double)) - 1, false)]
    public void A_layer_whose_covariance_has_no_room_goes_to_the_nearest_alone(long room, bool fits)
    {
        var graph = Small.Graph();
        var result = new Calibration(graph, threads: 1) { CovarianceRoom = room }.Run(() => [Small.Images(20)]);
        var layers = graph.Layers.Select((layer, number) => (layer.Name, Number: number)).Where(layer => result.Rounded.ContainsKey(layer.Number)).Select(layer => layer.Name);
        string[] all = ["conv1", "conv2", "conv3", "linear"];
        Assert.Equal(all.Where(name => fits || name != "conv2"), layers);
        var nearest = QuantizedWeights.Of(((ConvolutionLayer)graph.Layers[3]).Weight, new float[4], 1);
        var file = OnnxExport.Integer(graph, result, Small.Words);
        var written = ModelProto.Parser.ParseFrom(file.AsSpan(0, file.Length - ModelBytes.Seal([]).Length)).Graph.Initializer.Single(array => array.Name == "conv2.weight.q");
        Assert.Equal(!fits, written.RawData.Span.SequenceEqual(MemoryMarshal.AsBytes(nearest.Values.AsSpan())));
    }

    private static void Compare(List<double[]> rows, (double[] Mean, double[] Covariance) found)
    {
        var size = rows[0].Length;
        var mean = Enumerable.Range(0, size).Select(i => rows.Average(row => row[i])).ToArray();
        Assert.Equal(mean, found.Mean, (a, b) => Math.Abs(a - b) < 1e-5);
        var covariance = from i in Enumerable.Range(0, size) from j in Enumerable.Range(0, size) select rows.Average(row => (row[i] - mean[i]) * (row[j] - mean[j]));
        Assert.Equal(covariance, found.Covariance, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    private static RoundedLayer Round(float[] weight, float[] bias, float[][] inputs)
    {
        using var moments = new InputMoments(Size, threads: 1);
        // A 1×1 window of an image of one pixel is a vector.
        foreach (var input in inputs)
            moments.AddWindows([1, Size, 1, 1], input, kernel: 1, stride: 1);
        var (mean, covariance) = moments.Result();
        return WeightRounding.Round(weight, bias, mean, covariance, threads: 2);
    }

    /// <summary>Vectors around a mean, mixed of six independent numbers each and a little noise.</summary>
    private static float[][] Inputs(int count)
    {
        var (mixing, random) = (Gaussians(Size * 6, seed: 11), new Random(12));
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                var hidden = Enumerable.Range(0, 6).Select(_ => Gaussian(random)).ToArray();
                return Enumerable.Range(0, Size).Select(i => (float)(2 + hidden.Select((h, k) => h * mixing[(i * 6) + k]).Sum() + (0.1 * Gaussian(random)))).ToArray();
            }),
        ];
    }

    private static float[] Gaussians(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)Gaussian(random))];
    }

    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
