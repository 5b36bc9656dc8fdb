using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Quantization;

public class TanhActivationTests
{
    /// <summary>Bits, and pairs of x and the level that a hand finds: (2^b − 1)·(tanh(x) + 1)/2 rounded, counted from −1 in steps of 2/(2^b − 1).</summary>
    public static TheoryData<int, double[], double[]> Levels() => new()
    {
        // One bit: −1 and 1. At 0 the level number is 1/2, which goes to the even 0.
        { 1, [-9, -0.01, 0, 0.01, 9], [-1, -1, -1, 1, 1] },
        // Two bits: −1, −1/3, 1/3, 1, with borders at tanh(x) = −2/3, 0, 2/3: x = ∓atanh(2/3) = ∓ln(5)/2 = ∓0.80472. At 0 it is 3/2, which goes to 2.
        { 2, [-0.81, -0.80, -0.01, 0, 0.01, 0.80, 0.81], [-1, -1.0 / 3, -1.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1] },
        // Three bits: −1 + 2k/7, with borders at tanh(x) = (2k − 6)/7: 6/7 is x = ln(13)/2 = 1.28247, 4/7 ln(11/3)/2 = 0.64964, 2/7 ln(9/5)/2 = 0.29389.
        { 3, [-1.29, -1.28, -0.65, -0.64, 0.01, 0.29, 0.30, 0.64, 0.65, 1.28, 1.29], [-1, -5.0 / 7, -5.0 / 7, -3.0 / 7, 1.0 / 7, 1.0 / 7, 3.0 / 7, 3.0 / 7, 5.0 / 7, 5.0 / 7, 1] },
    };

    [Theory]
    [MemberData(nameof(Levels))]
    public void Levels_are_those_computed_by_hand(int bits, double[] x, double[] expected)
    {
        using var scope = NewDisposeScope();
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = "tanh", Bits = bits });
        Assert.Equal((-1.0, 1.0, (1 << bits) - 1), (activation.LowerBound, activation.Bound, activation.Steps));
        Assert.Equal(expected, activation.Apply(tensor(x)).data<double>().ToArray().Select(y => Math.Round(y, 14)), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.True(activation.Apply(tensor(x, ScalarType.Float32)).to(ScalarType.Float64).allclose(tensor(expected), rtol: 0, atol: 1e-6));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(ActivationDeclaration.FullPrecision)]
    public void The_gradient_is_that_of_tanh_whatever_the_rounding_does(int bits)
    {
        using var scope = NewDisposeScope();
        double[] values = [-20, -1.5, -0.3, 0, 0.7, 2], outer = [3, -1, 2, 5, -4, 1];
        var x = tensor(values, requires_grad: true);
        (new BoundedActivation(new ActivationDeclaration { Kind = "tanh", Bits = bits }).Apply(x) * tensor(outer)).sum().backward();
        // 1/cosh², which is another way to say 1 − tanh².
        var expected = values.Zip(outer, (v, g) => g / (Math.Cosh(v) * Math.Cosh(v)));
        Assert.Equal(expected, x.grad!.data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Full_precision_is_tanh_itself()
    {
        using var scope = NewDisposeScope();
        double[] values = [-3, -0.5, 0, 0.25, 8];
        var y = new BoundedActivation(new ActivationDeclaration { Kind = "tanh" }).Apply(tensor(values));
        Assert.Equal(values.Select(Math.Tanh), y.data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    [Fact]
    public void What_is_no_number_stays_none()
    {
        using var y = new BoundedActivation(new ActivationDeclaration { Kind = "tanh", Bits = 2 }).Apply(tensor(new[] { float.NaN }));
        Assert.True(float.IsNaN(y.item<float>()));
    }

    [Fact]
    public void A_layer_of_a_network_normalises_first()
    {
        using var scope = NewDisposeScope();
        var layer = new NormalizedActivation(1, new BoundedActivation(new ActivationDeclaration { Kind = "tanh", Bits = 2 }), CPU);
        layer.eval();
        using (no_grad())
        {
            layer.Weight.fill_(2);
            layer.Bias.fill_(-1);
            layer.RunningMean.fill_(3);
            layer.RunningVariance.fill_(4 - BatchNormalization.Epsilon);
        }

        // 2·(x − 3)/2 − 1 = x − 4, whose borders are those of two bits above.
        var y = layer.forward(tensor(new[] { 3.19f, 3.20f, 4.01f, 4.81f }).view(1, 1, 2, 2));
        Assert.Equal([-1, -1 / 3f, 1 / 3f, 1], y.data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6f);
    }
}
