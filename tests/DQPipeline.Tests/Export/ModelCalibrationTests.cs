using DQPipeline.Declarations;
using DQPipeline.Export;
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

    private static void AssertSame(float[] expected, float[] found)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * pair.First));
    }
}
