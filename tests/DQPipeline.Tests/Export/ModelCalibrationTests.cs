using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;
using DQPipeline.Tests.Evaluation;

namespace DQPipeline.Tests.Export;

/// <summary>What a declaration says of calibration is what is done.</summary>
public sealed class ModelCalibrationTests
{
    [Fact]
    public void Method_percentile_bits_and_samples_are_those_that_were_declared()
    {
        using var network = Deployed.Trained(new() { Bits = ActivationDeclaration.FullPrecision });
        var graph = LayerGraphs.Of(network);
        var images = TrainedNetwork.Images(100, seed: 77);
        var floats = Array.ConvertAll(images.Pixels, pixel => pixel / 255f);
        var range = Scales(new() { Method = "range" });
        AssertSame(Calibrated(CalibrationMethod.Range), range);
        var half = Scales(new() { Method = "percentile", Percentile = 50 });
        AssertSame(Calibrated(CalibrationMethod.Percentile, 50), half);
        AssertSame(Calibrated(CalibrationMethod.Percentile, 99.99), Scales(new() { Method = "percentile" }));
        var closest = Scales(new());
        AssertSame(Calibrated(CalibrationMethod.MeanSquaredError), closest);
        AssertSame(Calibrated(CalibrationMethod.Range, bits: 2), Scales(new() { Method = "range" }, bits: 2));
        // They are different things, so that one cannot pass for another.
        Assert.NotEqual(range, closest);
        Assert.NotEqual(half, closest);
        Assert.NotEqual(range, Scales(new() { Method = "range", Samples = 4 }));
        Assert.All(range.Zip(half), pair => Assert.True(pair.Second < pair.First, $"{pair}"));

        float[] Calibrated(CalibrationMethod method, double percentile = 99.99, int bits = 8) =>
            Numbers(new Calibration(graph, threads: 1) { Method = method, Percentile = percentile, Bits = bits, RoundsToNearest = true }.Run(() => [floats]));

        float[] Scales(CalibrationDeclaration declared, int bits = 8) =>
            Numbers(ModelCalibration.Run(graph, new QuantizeDeclaration { Calibration = declared, Bits = bits }, images, threads: 1, CancellationToken.None));

        float[] Numbers(CalibrationResult result)
        {
            Assert.Equal(IntegerPlan.Calibrated(graph), result.Grids.Keys.Order());
            return [.. result.Grids.OrderBy(grid => grid.Key).Select(grid => grid.Value.Scale)];
        }
    }

    /// <summary>By hand: an image of 3·S² numbers, 61·S² behind the convolution and its activation each, (S/2)² at half the side and 2 logits. At S = 1,024 an image takes 525 MB of 2 GiB.</summary>
    [Theory]
    [InlineData(32, 50)]
    [InlineData(288, 50)]
    [InlineData(512, 16)]
    [InlineData(1024, 4)]
    [InlineData(4096, 1)]
    public void A_run_takes_as_many_images_as_their_maps_find_room(int side, int images)
    {
        var graph = new LayerGraph(
            [
                new ImageLayer("image", 0, 1),
                new ConvolutionLayer("conv", 0, [], [], 61, 3, 3, 1),
                new ActivationLayer("relu", 1, IsTanh: false, 6, 15),
                new ConvolutionLayer("down", 2, [], [], 1, 61, 1, 2),
                new HeadLayer("linear", 3, [], []),
            ],
            3, side, side, 2);
        Assert.Equal(((((3 + 61 + 61) * 4) + 1) * (long)side * side) + 8, graph.MapBytes());
        Assert.Equal(images, ModelCalibration.ImagesOf(graph));
    }

    private static void AssertSame(float[] expected, float[] found)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * pair.First));
    }
}
