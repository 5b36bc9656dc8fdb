using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

public class ResNetTests
{
    [Theory]
    [InlineData("sum", 32)]
    [InlineData("sum", 4)]
    [InlineData("convex", 32)]
    public void Logits_are_those_of_the_network_written_out_on_torchs_own_operators(string residual, int bits)
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(NetworkTests.Description("resnet-18", bits, side: 8, residual: residual), seed: 3);
        var images = rand(3, 3, 8, 8, dtype: ScalarType.Float64);
        network.to(ScalarType.Float64);
        using var guard = no_grad();
        for (var i = 0; i < network.ConvexCoefficients.Count; i++)
            network.ConvexCoefficients[i].copy_(tensor(new[] { 0.1 * (i + 1), 1 - 0.1 * (i + 1) }));
        foreach (var norm in network.WeightLayers.Select(layer => layer.Norm).OfType<BatchNormalization>())
        {
            norm.RunningMean.copy_(rand_like(norm.RunningMean));
            norm.RunningVariance.copy_(rand_like(norm.RunningVariance) + 1);
            norm.Weight.copy_(rand_like(norm.Weight) + 0.5);
            norm.Bias.copy_(rand_like(norm.Bias));
        }

        network.eval();
        var expected = WrittenOut(network.state_dict(), images, bits);
        Assert.True(expected.std().item<double>() > 0.01);
        Assert.True(network.forward(images).allclose(expected, rtol: 1e-9, atol: 1e-9));
    }

    /// <summary>The network a second time, from the names in its model file.</summary>
    private static Tensor WrittenOut(Dictionary<string, Tensor> state, Tensor images, int bits)
    {
        var x = Activate(Normalise("norm", Convolve("conv", (images - 128.0 / 255) * 4, 1, 1)));
        for (var stage = 1; stage <= 4; stage++)
        {
            for (var block = 1; block <= 2; block++)
            {
                var (name, stride) = ($"stage{stage}_block{block}", stage > 1 && block == 1 ? 2 : 1);
                var shortcut = stride == 1 ? x : Normalise($"{name}.shortcutNorm", Convolve($"{name}.shortcut", x, stride, 0));
                var inner = Activate(Normalise($"{name}.norm1", Convolve($"{name}.conv1", x, stride, 1)));
                var residual = Normalise($"{name}.norm2", Convolve($"{name}.conv2", inner, 1, 1));
                x = Activate(state.TryGetValue($"{name}.sum.coefficients", out var alpha) ? alpha[0] * shortcut + alpha[1] * residual : shortcut + residual);
            }
        }

        return x.mean([2, 3]).mm(state["linear.weight"].t()) + state["linear.bias"];

        Tensor Convolve(string name, Tensor input, long stride, long padding) =>
            nn.functional.conv2d(input, state[$"{name}.weight"], strides: [stride, stride], padding: [padding, padding]);

        Tensor Normalise(string name, Tensor input)
        {
            Tensor Channel(string part) => state[$"{name}.{part}"].view(1, -1, 1, 1);
            return (input - Channel("running_mean")) / (Channel("running_var") + 1e-5).sqrt() * Channel("weight") + Channel("bias");
        }

        Tensor Activate(Tensor input) => bits == 32 ? input.clamp(0, 6) : (input.clamp(0, 6) * (((1 << bits) - 1) / 6.0)).round() / (((1 << bits) - 1) / 6.0);
    }

    [Theory]
    [InlineData("vgg-s", 6)]
    [InlineData("wrn-10-1", 3)] // the first convolution of each block; after the others comes a sum
    [InlineData("resnet-18", 20)] // all, those before the sums and the projections as well
    public void The_norm_that_a_weight_layer_names_follows_its_convolution_directly(string name, int count)
    {
        using var scope = NewDisposeScope();
        // Tanh, since a clip could hide a change.
        using var network = NetworkFactory.Create(NetworkTests.Description(name, side: 8, kind: "tanh"), seed: 4);
        network.to(ScalarType.Float64);
        network.eval();
        var images = rand(2, 3, 8, 8, dtype: ScalarType.Float64);
        var expected = network.forward(images);
        var layers = network.WeightLayers.Where(layer => layer.Norm is not null).ToList();
        Assert.Equal(count, layers.Count);
        using var guard = no_grad();
        // A stage's second block is made as its first.
        foreach (var layer in layers.Where(layer => !layer.Name.Contains("block2", StringComparison.Ordinal)))
        {
            // A channel that doubles goes unnoticed exactly where the next thing to come is a norm whose deviation doubles with it.
            layer.Weight[1].mul_(2);
            var unnormalised = network.forward(images);
            Assert.False(unnormalised.allclose(expected, rtol: 1e-9, atol: 1e-9), layer.Name);
            layer.Norm!.RunningVariance[1].add_(BatchNormalization.Epsilon).mul_(4).sub_(BatchNormalization.Epsilon);
            layer.Norm.RunningMean[1].mul_(2);
            Assert.True(network.forward(images).allclose(expected, rtol: 1e-9, atol: 1e-9), layer.Name);
        }
    }
}
