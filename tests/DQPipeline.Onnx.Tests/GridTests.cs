using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Onnx.Tests;

public class GridTests
{
    [Theory]
    [InlineData(-1, 1, 2 / 255d, 128)]
    [InlineData(0, 5.1, 0.02, 0)]
    [InlineData(2, 5.1, 0.02, 0)] // widened to hold 0
    [InlineData(-5.1, -2, 0.02, 255)]
    [InlineData(0, 0, 1, 0)]
    public void A_range_gives_its_grid(double low, double high, double scale, byte zero)
    {
        var grid = ByteGrid.Over(low, high);
        Assert.Equal(scale, grid.Scale, 1e-7);
        Assert.Equal(zero, grid.ZeroPoint);
        Assert.Equal(0, grid.Nearest(0));
    }

    [Fact]
    public void Weights_are_rounded_to_a_127th_of_their_channels_largest()
    {
        var weights = QuantizedWeights.Of([1.27f, -0.634f, 0.005f, 0, 0, 0], [0.1f, 0], 0.5f);
        Assert.Equal([127, -63, 0, 0, 0, 0], weights.Values); // 63.4 and 0.5, whose even neighbour is 0
        Assert.Equal(0.01f, weights.Scales[0], 1e-9f);
        Assert.Equal(1, weights.Scales[1]);
        Assert.Equal([20, 0], weights.Bias([0.1f, 0], 0.5f));
    }

    [Fact]
    public void A_bias_that_its_weights_scale_could_not_hold_coarsens_the_scale()
    {
        var weights = QuantizedWeights.Of([1e-9f], [1000f], 1e-3f);
        Assert.InRange(weights.Bias([1000f], 1e-3f)[0], 1 << 29, int.MaxValue);
    }

    [Fact]
    public void Percentiles_leave_out_what_is_rare()
    {
        var values = Enumerable.Range(0, 10_000).Select(i => i / 10_000f).Append(100).ToArray();
        var histogram = new Histogram(0, 100);
        histogram.Add(values);
        Assert.Equal(100 / 255d, histogram.Grid(CalibrationMethod.Range, 0, ByteGrid.Over).Scale, 1e-6);
        // A bin is 100/4096 wide; 0.9999·10,001 values lie in the first 41 of them.
        Assert.InRange(histogram.Grid(CalibrationMethod.Percentile, 99.98, ByteGrid.Over).Scale * 255, 0.99, 1.05);
    }

    /// <summary>Few levels want a narrower range than 256 do: what is cut off costs less than coarse steps.</summary>
    [Fact]
    public void Fewer_bits_are_calibrated_for_fewer_levels()
    {
        var graph = Small.Graph(steps: 0);
        var layer = Enumerable.Range(0, graph.Layers.Count).First(i => graph.Layers[i].Name == "norm1");
        var ends = new[] { 8, 2 }.Select(bits => new Calibration(graph, threads: 1) { Bits = bits }.Run(() => [Small.Images(20)]).Grids[layer].Scale * ((1 << bits) - 1)).ToArray();
        Assert.InRange(ends[1], 0.2 * ends[0], 0.98 * ends[0]);
        var whole = new Calibration(graph, threads: 1) { Bits = 2, Method = CalibrationMethod.Range }.Run(() => [Small.Images(20)]).Grids[layer];
        Assert.InRange(whole.Scale * 3, ends[0], 6);
        Assert.Equal(0, whole.ZeroPoint);
    }

    /// <summary>A tanh of full precision has the levels of one that was trained with as many bits as are asked for; those of a rectifier are calibrated.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public void Fewer_bits_are_fewer_levels_of_tanh_too(int bits)
    {
        Assert.Equal(File(steps: (1 << bits) - 1, 8), File(steps: 0, bits));
        if (bits < 8)
            Assert.NotEqual(File(steps: 0, 8), File(steps: 0, bits));

        static byte[] File(int steps, int bits)
        {
            var graph = Small.Graph();
            var layers = graph.Layers.Select(layer => layer is ActivationLayer { IsTanh: true } tanh ? tanh with { Steps = steps } : layer);
            graph = new([.. layers], graph.Channels, graph.Height, graph.Width, graph.Classes);
            return OnnxExport.Integer(graph, CalibrationResult.None with { Grids = IntegerPlan.Calibrated(graph).ToDictionary(layer => layer, _ => ByteGrid.Over(-4, 4)) }, Small.Words, bits: bits);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Bits_that_bytes_do_not_have_are_refused(int bits) =>
        Assert.Equal("bits", Assert.Throws<ArgumentOutOfRangeException>(() => OnnxExport.Integer(Small.Graph(), CalibrationResult.None, Small.Words, bits: bits)).ParamName);

    /// <summary>Against all shares of the range by brute force over the values themselves.</summary>
    [Fact]
    public void The_smallest_error_is_found()
    {
        var random = new Random(3);
        // Nearly all within ±1, and a few far out.
        var values = Enumerable.Range(0, 50_000).Select(i => (float)(((random.NextDouble() * 2) - 1) * (i % 10_000 == 0 ? 4 : 1))).ToArray();
        var (low, high) = (values.Min(), values.Max());
        var histogram = new Histogram(low, high);
        histogram.Add(values);
        var found = histogram.Grid(CalibrationMethod.MeanSquaredError, 0, ByteGrid.Over);
        var best = Enumerable.Range(20, 81).Min(share => Error(ByteGrid.Over(low * share / 100d, high * share / 100d)));
        Assert.InRange(Error(found), best, best * 1.02);
        Assert.True(Error(found) < 0.9 * Error(ByteGrid.Over(low, high)));

        double Error(ByteGrid grid) => values.Average(value => Math.Pow(grid.Nearest(value) - value, 2));
    }
}
