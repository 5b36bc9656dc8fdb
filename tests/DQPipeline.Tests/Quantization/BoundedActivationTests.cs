using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Quantization;

public class BoundedActivationTests
{
    [Fact]
    public void Four_levels_on_zero_to_six_are_those_computed_by_hand()
    {
        // 2 bits: levels 0, 2, 4, 6; borders at 1, 3 and 5, and halves go to the even level number (0, 2, 2).
        var activation = new BoundedActivation(new ActivationDeclaration { Bits = 2 });
        using var x = tensor(new[] { -7f, -0.1f, 0f, 0.99f, 1f, 1.01f, 2.9f, 3f, 3.1f, 4.9f, 5f, 5.1f, 6f, 60f });
        using var y = activation.Apply(x);
        Assert.Equal([0f, 0f, 0f, 0f, 0f, 2f, 2f, 4f, 4f, 4f, 4f, 6f, 6f, 6f], y.data<float>().ToArray());
        Assert.Equal(-7f, x[0].item<float>());
    }

    [Fact]
    public void One_bit_on_zero_to_one_has_the_two_ends_as_levels()
    {
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = "relu1", Bits = 1 });
        using var x = tensor(new[] { -1f, 0.2f, 0.5f, 0.51f, 3f });
        using var y = activation.Apply(x);
        Assert.Equal([0f, 0f, 0f, 1f, 1f], y.data<float>().ToArray());
    }

    [Fact]
    public void A_bound_of_three_halves_has_levels_half_a_unit_apart_at_two_bits()
    {
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = "relu1.5", Bits = 2 });
        using var x = tensor(new[] { -1f, 0.2f, 0.3f, 0.9f, 1.2f, 1.3f, 9f });
        using var y = activation.Apply(x);
        Assert.Equal([0f, 0f, 0.5f, 1f, 1f, 1.5f, 1.5f], y.data<float>().ToArray());
    }

    [Theory]
    [InlineData("relu6", 6f)]
    [InlineData("relu1", 1f)]
    [InlineData("relu2.25", 2.25f)]
    public void Full_precision_only_clips(string kind, float bound)
    {
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = kind });
        using var x = tensor(new[] { -3f, 0.123456f, 0.987654f, bound, 7f });
        using var y = activation.Apply(x);
        Assert.Equal([0f, 0.123456f, 0.987654f, bound, bound], y.data<float>().ToArray());
    }

    [Theory]
    [InlineData("relu6", 4)]
    [InlineData("relu1", 1)]
    [InlineData("relu2.25", 2)]
    [InlineData("relu6", 32)]
    public void The_gradient_passes_strictly_inside_the_bounds_and_nowhere_else(string kind, int bits)
    {
        var declaration = new ActivationDeclaration { Kind = kind, Bits = bits };
        var bound = (float)declaration.Bound;
        using var x = tensor(new[] { -1f, 0f, 1e-6f, 0.4f * bound, MathF.BitDecrement(bound), bound, 2 * bound }, requires_grad: true);
        using var weights = tensor(new[] { 1f, 2f, 3f, 4f, 5f, 6f, 7f });
        using var y = new BoundedActivation(declaration).Apply(x);
        using var loss = (y * weights).sum();
        loss.backward();
        Assert.Equal([0f, 0f, 3f, 4f, 5f, 0f, 0f], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Values_and_gradients_are_those_of_the_textbook_estimator()
    {
        (from bits in Gen.Int[1, 8] from six in Gen.Bool from values in Gen.Float[-2, 8].Array[1, 40] select (bits, six, values)).Sample(sample =>
        {
            var declaration = new ActivationDeclaration { Kind = sample.six ? "relu6" : "relu1", Bits = sample.bits };
            using var scope = NewDisposeScope();
            // At the very ends clamp has gradient 1; that ours has 0 there is tested above.
            var values = sample.values.Select(v => v == 0 || v == (float)declaration.Bound ? 0.5f : v).ToArray();
            var ours = tensor(values, requires_grad: true);
            var theirs = tensor(values, requires_grad: true);
            var y = new BoundedActivation(declaration).Apply(ours);
            y.square().sum().backward();

            var clipped = theirs.clamp(0, declaration.Bound);
            var perUnit = ((1 << sample.bits) - 1) / declaration.Bound;
            var textbook = clipped + ((clipped * perUnit).round() / perUnit - clipped).detach();
            textbook.square().sum().backward();

            // The same level number everywhere, and so the same value but for the rounding of k·bound/n.
            Assert.True(y.allclose(textbook, rtol: 1e-6, atol: 1e-6));
            Assert.True(ours.grad!.allclose(theirs.grad!, rtol: 1e-6, atol: 1e-6));
        }, iter: 300, threads: 1);
    }

    [Theory]
    [InlineData("relu", 4)]
    [InlineData("relu0", 4)]
    [InlineData("relu100", 4)]
    [InlineData("relu6.0", 4)]
    [InlineData("relu6\n", 4)]
    [InlineData("tanh", 9)]
    [InlineData("relu6", 0)]
    [InlineData("relu6", 9)]
    public void What_is_no_activation_is_a_coded_error(string kind, int bits)
    {
        var failure = Assert.Throws<DqException>(() => new BoundedActivation(new ActivationDeclaration { Kind = kind, Bits = bits }));
        Assert.Equal(DiagnosticCodes.OutOfRange, failure.Diagnostics[0].Code);
    }
}
