using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

/// <summary>
/// Section 5.3: a ReLU1 network is a ReLU6 network whose batch norms are multiplied by 1/6, scale and shift, and whose weights after the first are multiplied by
/// 6. With a₆ = min(max(z, 0), 6) and a₁ = min(max(z/6, 0), 1) it is a₆ = 6·a₁, and so it stays when both are rounded to levels that divide their ranges evenly.
/// </summary>
public class RangeIdentityTests
{
    /// <summary>
    /// Every number is chosen so that no operation of either network rounds: the image is 128/255 plus sixty-fourths, which centring turns into sixteenths;
    /// weights are −1, 0 and 1 (times 6); γ of the ReLU1 network is 1/8, β are eighths, the mean is 0 and σ² + ε rounds to 1. So all values are
    /// short binary fractions, sums come out the same in any order, and the networks agree to the last bit.
    /// At more bits than one the levels k/(2^b − 1) are no binary fractions, so that exactness ends: see the other test.
    /// </summary>
    [Theory]
    [InlineData(32, ScalarType.Float64)]
    [InlineData(1, ScalarType.Float64)]
    [InlineData(1, ScalarType.Float32)] // the fused kernel
    public void Where_nothing_is_rounded_the_two_networks_agree_to_the_last_bit(int bits, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var images = randint(-32, 32, [5, 3, 8, 8], dtype: type, generator: generator).div(64).add(NetworkDescription.InputMean);
        var (six, one) = Pair(bits, type, network =>
        {
            foreach (var layer in network.WeightLayers)
                layer.Weight.copy_(randint(-1, 2, layer.Weight.shape, dtype: type, generator: generator).mul(rand(layer.Weight.shape, generator: generator).lt(0.1)));
            foreach (var norm in network.WeightLayers.Select(layer => layer.Norm).OfType<NormalizedActivation>())
            {
                norm.Weight.fill_(0.125);
                norm.Bias.copy_(randint(1, 8, norm.Bias.shape, dtype: type, generator: generator).div(8));
                norm.RunningVariance.fill_(1 - BatchNormalization.Epsilon);
            }
        });
        six.eval();
        one.eval();
        var logits = six.forward(images).to(ScalarType.Float64);
        Assert.True(logits.std(0, unbiased: false).min().item<double>() > 0.1);
        Assert.Equal(logits.data<double>().ToArray(), one.forward(images).to(ScalarType.Float64).data<double>().ToArray());
    }

    /// <summary>
    /// For any weights and every bit width: the networks' parameters are exact multiples (their weights are short binary fractions), and what differs is the
    /// rounding of a double in each operation. Training normalises by the batch, evaluation by running statistics.
    /// </summary>
    [Theory]
    [InlineData(32)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void With_any_weights_the_two_networks_agree_to_the_rounding_of_doubles(int bits)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var images = rand([4, 3, 8, 8], dtype: ScalarType.Float64, generator: generator);
        var (six, one) = Pair(bits, ScalarType.Float64, network =>
        {
            foreach (var layer in network.WeightLayers)
                layer.Weight.mul_(1024).round_().div_(1024);
            foreach (var norm in network.WeightLayers.Select(layer => layer.Norm).OfType<NormalizedActivation>())
            {
                norm.Weight.copy_(randint(16, 64, norm.Weight.shape, dtype: ScalarType.Float64, generator: generator).div(64));
                norm.Bias.copy_(randint(-16, 48, norm.Bias.shape, dtype: ScalarType.Float64, generator: generator).div(64));
            }
        });
        for (var pass = 0; pass < 20; pass++)
            AssertClose();
        six.eval();
        one.eval();
        AssertClose();

        void AssertClose()
        {
            var logits = six.forward(images);
            Assert.True(logits.std(0, unbiased: false).min().item<double>() > 1e-3);
            Assert.True(logits.allclose(one.forward(images), rtol: 1e-11, atol: 1e-11));
        }
    }

    /// <summary>Two vgg-s, ReLU6 and ReLU1, that the identity makes one. The caller draws one set of parameters; it becomes γ, β and the first weight of the ReLU1 network, and the other weights of the ReLU6 network.</summary>
    private static (Classifier Six, Classifier One) Pair(int bits, ScalarType type, Action<Classifier> draw)
    {
        var six = NetworkFactory.Create(NetworkTests.Description("vgg-s", bits, side: 8), seed: 6);
        var one = NetworkFactory.Create(NetworkTests.Description("vgg-s", bits, side: 8, kind: "relu1"), seed: 6);
        six.to(type);
        one.to(type);
        using var guard = no_grad();
        draw(six);
        foreach (var (source, target) in six.state_dict().Values.Zip(one.state_dict().Values))
            target.copy_(source);
        foreach (var norm in six.WeightLayers.Select(layer => layer.Norm).OfType<NormalizedActivation>())
        {
            norm.Weight.mul_(6);
            norm.Bias.mul_(6);
        }

        foreach (var layer in one.WeightLayers.Skip(1))
            layer.Weight.mul_(6);
        return (six, one);
    }
}
