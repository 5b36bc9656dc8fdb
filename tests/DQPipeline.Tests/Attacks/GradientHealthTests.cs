using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>Where a gradient is lost, and where it must not be.</summary>
public sealed class GradientHealthTests
{
    [Theory]
    [InlineData("fgsm")]
    [InlineData("r+fgsm")]
    [InlineData("bim")]
    [InlineData("pgd")]
    public void A_confident_network_is_attacked_as_well_as_a_timid_one(string kind)
    {
        // The class that this network is sure of: at 10,000 times the logits, float32 cross entropy and its textbook gradient are exactly 0.
        using var timid = Toys.Linear(4, classes: 2);
        using var confident = new LinearNetwork(Times(timid.Weight, 1e4), [.. timid.Bias.Select(b => b * 1e4)], 2, 3, 3);
        var pixels = Toys.Pixels(4, 18);
        var second = new SecondFormulation(timid);
        var logits = second.Logits([.. pixels.Select(b => b / 255.0)]);
        var predicted = logits[0] > logits[1] ? 0 : 1;
        Assert.Equal(0f, TextbookGradient(confident, pixels, predicted));

        var (expected, _) = Harness.Run(Harness.Attack(kind), timid, pixels, [predicted], 8);
        var (found, stalled) = Harness.Run(Harness.Attack(kind), confident, pixels, [predicted], 8);
        Assert.Equal(expected, found);
        Assert.False(stalled[0]);
    }

    [Theory]
    [InlineData("fgsm")]
    [InlineData("bim")]
    public void Where_the_gradient_is_zero_everywhere_the_image_stays_and_the_sample_is_counted(string kind)
    {
        using var constant = new LinearNetwork(new double[3, 18], [1, 2, 3], 2, 3, 3);
        var pixels = Toys.Pixels(5, 36);
        // An image that is wrong to begin with has nothing to lose.
        var (found, stalled) = Harness.Run(Harness.Attack(kind), constant, pixels, [0, 2], 8);
        Assert.Equal(pixels.Select(b => b / 255f), found);
        Assert.Equal([false, true], stalled);
    }

    [Theory]
    [InlineData("apgd-dlr", "")]
    [InlineData("pgd", "dlr")]
    public void A_ratio_of_logits_that_cannot_change_any_more_once_the_image_is_broken_is_no_stall(string kind, string loss)
    {
        // z = (−s, s, 3/2·s, −5) with s = Σ(x − 1/2) + const: once s is positive the class 0 ranks third, where (z₁ − z₃)/(z₁ − z₃) is 1 and its gradient zero.
        var weight = new double[4, 18];
        for (var i = 0; i < 18; i++)
            (weight[0, i], weight[1, i], weight[2, i]) = (-1, 1, 1.5);
        byte[] pixels = [.. Enumerable.Repeat((byte)127, 18)];
        var offset = (18 * 127 / 255.0) + 0.05;
        using var network = new LinearNetwork(weight, [offset, -offset, -1.5 * offset, -5], 2, 3, 3);
        var attack = AttackFactory.Create(new AttackDeclaration { Kind = kind, Steps = 10, Alpha = 2, Loss = loss.Length > 0 ? loss : new AttackDeclaration().Loss });
        var (found, stalled) = Harness.Run(attack, network, pixels, [0], 8);
        Assert.True(found.Sum() > offset);
        Assert.False(stalled[0]);
    }

    [Fact]
    public void Pixels_without_influence_do_not_move()
    {
        var network = Toys.Linear(6);
        var weight = (double[,])network.Weight.Clone();
        for (var k = 0; k < 4; k++)
            weight[k, 5] = 0;
        network.Dispose();
        using var blind = new LinearNetwork(weight, network.Bias, 2, 3, 3);
        var pixels = Toys.Pixels(6, 18);
        var (found, stalled) = Harness.Run(Harness.Attack("fgsm"), blind, pixels, [1], 8);
        Assert.Equal(pixels[5] / 255f, found[5]);
        Assert.NotEqual(pixels[6] / 255f, found[6]);
        Assert.False(stalled[0]);
    }

    [Fact]
    public void Random_noise_takes_no_gradient_and_so_loses_none()
    {
        using var constant = new LinearNetwork(new double[3, 18], [1, 2, 3], 2, 3, 3);
        Assert.Equal([false], Harness.Run(Harness.Attack("random"), constant, Toys.Pixels(5, 18), [0], 8).Stalled);
    }

    /// <summary>The largest absolute value of the gradient that automatic differentiation of cross entropy gives.</summary>
    private static float TextbookGradient(Classifier network, byte[] pixels, int y)
    {
        using var scope = NewDisposeScope();
        var batch = Harness.Batch(network, pixels, [y]);
        var x = batch.Images.requires_grad_(true);
        nn.functional.cross_entropy(network.forward(x), batch.Classes).backward();
        return (float)x.grad!.abs().max();
    }

    private static double[,] Times(double[,] matrix, double factor)
    {
        var result = new double[matrix.GetLength(0), matrix.GetLength(1)];
        for (var i = 0; i < matrix.GetLength(0); i++)
            for (var j = 0; j < matrix.GetLength(1); j++)
                result[i, j] = matrix[i, j] * factor;
        return result;
    }
}
