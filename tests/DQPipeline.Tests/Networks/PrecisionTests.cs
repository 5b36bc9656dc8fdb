using DQPipeline.Networks;
using static DQPipeline.Tests.Networks.NetworkTests;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

/// <summary>
/// Whole networks in bfloat16 against themselves in float32. A bfloat16 number has 8 significant bits: each rounding is off by up to 2⁻⁹ of the value, and a hundred independent ones one after another
/// by √100·2⁻⁹ = 2 %, which is the error of logits. A gradient errs by more, because an activation passes it or not: 0.4·2 % of normalised values lie nearer to a bound than their error (0.4 is the
/// normal density at 0), and add or lose what they pass. L activations so bring a relative error of √(2·0.008·L), a half for the deepest of these networks: the direction keeps a cosine
/// of 0.87. A branch whose gradient is lost, doubled or halved turns or stretches it by more.
/// </summary>
public class PrecisionTests
{
    [Theory]
    [InlineData("vgg-s", "sum")]
    [InlineData("wrn-10-1", "sum")]
    [InlineData("wrn-10-1", "convex")]
    [InlineData("wrn-16-2", "convex")]
    [InlineData("resnet-18", "sum")]
    [InlineData("resnet-18", "convex")]
    public void In_bfloat16_logits_and_gradients_are_near_those_of_float32(string name, string residual)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var images = rand([16, 3, 32, 32], generator: generator);
        var labels = randint(0, 10, [16], dtype: ScalarType.Int64, generator: generator);
        var (exact, exactGradients) = Run(ScalarType.Float32);
        var (rounded, roundedGradients) = Run(ScalarType.BFloat16);
        Assert.Equal(ScalarType.Float32, rounded.dtype);
        Assert.InRange(Off(exact, rounded), 1e-6, 2 * 0.02);
        foreach (var (parameter, gradient) in exactGradients)
        {
            Assert.Equal(ScalarType.Float32, roundedGradients[parameter].dtype);
            // Gradients of coefficients are small differences of large numbers; they have a test of their own.
            if (parameter.EndsWith("coefficients", StringComparison.Ordinal))
                continue;
            var (length, roundedLength) = (gradient.norm().item<float>(), roundedGradients[parameter].norm().item<float>());
            Assert.InRange((gradient * roundedGradients[parameter]).sum().item<float>() / (length * roundedLength), 0.8, 1.0001);
            Assert.InRange(roundedLength / length, 0.8, 1.25);
        }

        (Tensor Logits, Dictionary<string, Tensor> Gradients) Run(ScalarType type)
        {
            using var network = NetworkFactory.Create(Description(name, residual: residual), seed: 3);
            network.MapType = type;
            network.train();
            var logits = network.forward(images);
            nn.functional.cross_entropy(logits, labels).backward();
            return (logits.detach(), network.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone()));
        }
    }

    [Theory]
    [InlineData("wrn-10-1", ".conv2.weight")]
    [InlineData("resnet-18", ".norm2.weight", ".norm2.bias")]
    public void A_coefficient_s_gradient_is_that_of_the_layer_it_multiplies(string name, params string[] layer)
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Description(name, residual: "convex"), seed: 3);
        network.MapType = ScalarType.BFloat16;
        using var generator = new Generator(5);
        var images = rand([8, 3, 32, 32], generator: generator);
        nn.functional.cross_entropy(network.forward(images), zeros(8, ScalarType.Int64)).backward();
        var parameters = network.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        var sums = parameters.Where(p => p.Key.EndsWith(".sum.coefficients", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(sums);
        foreach (var (block, coefficients) in sums)
        {
            // Of a product α·W autograd gives ∂α = ⟨W, G⟩ and ∂W = α·G, whatever G is: α·∂α = ⟨W, ∂W⟩.
            var own = layer.Select(end => parameters[block.Replace(".sum.coefficients", end, StringComparison.Ordinal)]).ToArray();
            var products = own.Sum(w => (w.to(ScalarType.Float64) * w.grad!.to(ScalarType.Float64)).sum().item<double>());
            var scale = own.Sum(w => w.norm().item<float>() * w.grad!.norm().item<float>());
            Assert.NotEqual(0, scale);
            Assert.Equal(products, 0.5 * coefficients.grad![1].item<float>(), 1e-5 * scale);
        }
    }

    /// <summary>The distance over the length of the exact vector.</summary>
    private static double Off(Tensor exact, Tensor rounded) => (rounded - exact).norm().item<float>() / exact.norm().item<float>();
}
