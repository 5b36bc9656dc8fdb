using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

/// <summary>What activations let through backwards while an attack runs: the stand-ins' formulas, the same values forwards, and the way back to what training has.</summary>
public class BackwardPassTests
{
    public static TheoryData<string, int, BackwardPass> Cases()
    {
        var cases = new TheoryData<string, int, BackwardPass>();
        foreach (var (kind, bits) in new[] { ("relu6", 4), ("relu1", 2), ("relu6", 32), ("tanh", 2), ("tanh", 32) })
        {
            foreach (var backward in Enum.GetValues<BackwardPass>())
                cases.Add(kind, bits, backward);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_layers_gradient_is_that_of_its_stand_in_and_its_values_are_its_own(string kind, int bits, BackwardPass backward)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = kind, Bits = bits });
        var layer = new NormalizedActivation(5, activation, CPU);
        using (no_grad())
        {
            layer.Weight.copy_(rand(5, generator: generator).add_(0.5));
            layer.Bias.copy_(randn(5, generator: generator));
            layer.RunningMean.copy_(randn(5, generator: generator));
            layer.RunningVariance.copy_(rand(5, generator: generator).add_(0.5));
        }

        layer.eval();
        layer.Weight.requires_grad = layer.Bias.requires_grad = false;
        var (x, outer) = (randn([3, 5, 6, 7], generator: generator).mul_(4), randn([3, 5, 6, 7], generator: generator));
        var expected = layer.forward(x).detach();

        activation.Backward = backward;
        var leaf = x.detach().requires_grad_();
        var y = layer.forward(leaf);
        Assert.Equal(expected.data<float>().ToArray(), y.detach().data<float>().ToArray());
        Assert.Equal(expected.data<float>().ToArray(), layer.forward(x).detach().data<float>().ToArray());
        y.backward([outer]);

        var scale = layer.Weight.div(layer.RunningVariance.add(1e-5).sqrt()).view(1, 5, 1, 1);
        var z = x.sub(layer.RunningMean.view(1, 5, 1, 1)).mul(scale).add(layer.Bias.view(1, 5, 1, 1)).detach();
        var slope = z.data<float>().ToArray().Select(value => (float)Slope(kind, backward, value)).ToArray();
        var gradient = outer.mul(tensor(slope, z.shape)).mul(scale).detach();
        Assert.True(leaf.grad!.allclose(gradient, rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void A_frozen_layer_gives_the_bits_of_one_that_learns()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var layer = new NormalizedActivation(9, new BoundedActivation(new ActivationDeclaration { Bits = 4 }), CPU);
        layer.eval();
        var (x, outer) = (randn([4, 9, 11, 5], generator: generator).mul_(3), randn([4, 9, 11, 5], generator: generator));
        float[] Gradient()
        {
            var leaf = x.detach().requires_grad_();
            layer.forward(leaf).backward([outer]);
            return leaf.grad!.data<float>().ToArray();
        }

        var learning = Gradient();
        Assert.NotNull(layer.Weight.grad);
        layer.Weight.requires_grad = layer.Bias.requires_grad = false;
        Assert.Equal(learning, Gradient());
    }

    [Theory]
    [InlineData("vgg-s")]
    [InlineData("resnet-18")]
    [InlineData("wrn-10-1")]
    public void An_attack_leaves_the_activations_as_they_were_and_each_pass_leads_elsewhere(string name)
    {
        var description = new NetworkDescription(name, new ActivationDeclaration { Bits = 2 }, 3, 16, 16, [.. Enumerable.Range(0, 10).Select(k => $"{k}")]);
        using var network = NetworkFactory.Create(description, 3);
        using var scope = NewDisposeScope();
        var batch = new AttackBatch(rand(2, 3, 16, 16), tensor(new long[] { 1, 2 }), [0, 1]);
        var found = Enum.GetNames<BackwardPass>().Select(pass =>
        {
            using var run = AttackFactory.Create(new AttackDeclaration { Kind = "fgsm", Backward = pass.ToLowerInvariant() }).Run(network, batch, 8, 0);
            return run.Images.data<float>().ToArray();
        }).ToArray();
        Assert.NotEqual(found[0], found[1]);
        Assert.NotEqual(found[0], found[2]);
        Assert.NotEqual(found[1], found[2]);
        Assert.All(network.modules().OfType<NormalizedActivation>(), layer => Assert.Equal(BackwardPass.Clipped, layer.Activation.Backward));
    }

    private static double Slope(string kind, BackwardPass backward, double z)
    {
        var bound = kind == "relu1" ? 1.0 : 6.0;
        return (backward, kind) switch
        {
            (BackwardPass.Straight, _) => 1,
            (BackwardPass.Clipped, "tanh") => 1 - (Math.Tanh(z) * Math.Tanh(z)),
            (BackwardPass.Clipped, _) => z > 0 && z < bound ? 1 : 0,
            (_, "tanh") => 1 / ((1 + Math.Abs(z)) * (1 + Math.Abs(z))),
            _ => Sigmoid(10 * z / bound) * Sigmoid(10 * (bound - z) / bound),
        };
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
