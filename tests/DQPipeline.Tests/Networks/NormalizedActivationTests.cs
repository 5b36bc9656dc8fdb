using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

public class NormalizedActivationTests
{
    /// <summary>Sizes with and without a remainder of the vector width, one pixel, and one above the threshold for threads.</summary>
    public static TheoryData<int, int, int, int, string, int, bool> Cases()
    {
        var cases = new TheoryData<int, int, int, int, string, int, bool>();
        foreach (var (n, c, h, w) in new[] { (4, 3, 5, 7), (2, 5, 8, 8), (6, 2, 1, 1), (8, 9, 24, 23) })
        {
            foreach (var (kind, bits) in new[] { ("relu6", 32), ("relu1", 32), ("relu6", 4), ("relu1", 2), ("relu6", 1) })
            {
                cases.Add(n, c, h, w, kind, bits, true);
                cases.Add(n, c, h, w, kind, bits, false);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_fused_layer_is_batch_norm_clip_and_quantizer_of_torchs_own_operators(int n, int c, int h, int w, string kind, int bits, bool training)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(9);
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = kind, Bits = bits });
        var (fused, composed) = (Layer(c, activation, training), Layer(c, activation, training));
        var data = randn([n, c, h, w], generator: generator).mul_(3).add_(5);
        var outer = randn([n, c, h, w], generator: generator);
        var (x1, x2) = (data.clone().requires_grad_(), data.clone().requires_grad_());

        var y1 = fused.forward(x1);
        var y2 = composed.Composed(x2);
        // A value half-way between two levels goes either way by the last bit of the normalisation; those few are left out of the comparison.
        var settled = ones_like(y1);
        if (activation.Steps > 0)
        {
            var levels = nn.functional.batch_norm(data, composed.RunningMean.clone(), composed.RunningVariance.clone(), composed.Weight, composed.Bias, training)
                .mul(activation.Steps / activation.Bound);
            settled = (levels - levels.floor() - 0.5).abs().gt(1e-4).to(float32);
        }

        Assert.True((y1 * settled).allclose(y2 * settled, rtol: 1e-5, atol: 1e-5));
        Assert.True(settled.mean().item<float>() > 0.9);
        Assert.True(fused.RunningMean.allclose(composed.RunningMean, rtol: 1e-5, atol: 1e-6));
        Assert.True(fused.RunningVariance.allclose(composed.RunningVariance, rtol: 1e-5, atol: 1e-6));

        (y1 * outer).sum().backward();
        (y2 * outer).sum().backward();
        Assert.True(x1.grad!.allclose(x2.grad!, rtol: 1e-4, atol: 1e-5));
        Assert.True(fused.Weight.grad!.allclose(composed.Weight.grad!, rtol: 1e-4, atol: 1e-4));
        Assert.True(fused.Bias.grad!.allclose(composed.Bias.grad!, rtol: 1e-4, atol: 1e-4));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void In_bfloat16_only_what_is_written_is_rounded(int n, int c, int h, int w, string kind, int bits, bool training)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(9);
        var activation = new BoundedActivation(new ActivationDeclaration { Kind = kind, Bits = bits });
        var (half, full) = (Layer(c, activation, training), Layer(c, activation, training));
        var data = randn([n, c, h, w], generator: generator).mul_(3).add_(5).to(ScalarType.BFloat16);
        var outer = randn([n, c, h, w], generator: generator).to(ScalarType.BFloat16);
        var (x1, x2) = (data.clone().requires_grad_(), data.to(float32).requires_grad_());

        var y1 = half.forward(x1);
        var y2 = full.forward(x2);
        y1.backward([outer]);
        y2.backward([outer.to(float32)]);

        // Statistics, outputs and gradients are computed from the same numbers, so that all that differs is the last rounding.
        Assert.Equal(ScalarType.BFloat16, y1.dtype);
        Assert.True(y1.eq(y2.to(ScalarType.BFloat16)).all().item<bool>());
        Assert.True(x1.grad!.eq(x2.grad!.to(ScalarType.BFloat16)).all().item<bool>());
        Assert.True(half.RunningMean.eq(full.RunningMean).all().item<bool>());
        Assert.True(half.RunningVariance.eq(full.RunningVariance).all().item<bool>());
        Assert.True(half.Weight.grad!.eq(full.Weight.grad!).all().item<bool>());
        Assert.True(half.Bias.grad!.eq(full.Bias.grad!).all().item<bool>());
    }

    [Fact]
    public void Either_layout_gives_the_same_and_channels_last_is_kept()
    {
        using var scope = NewDisposeScope();
        var layer = Layer(12, new BoundedActivation(new ActivationDeclaration { Bits = 4 }), training: true);
        var (planes, outer) = (randn(3, 12, 5, 6), randn(3, 12, 5, 6));
        var last = ChannelsLast.Of(planes);
        Assert.Equal([360L, 1, 72, 12], last.stride());
        planes.requires_grad_();
        last = last.detach().requires_grad_();
        var (one, other) = (layer.forward(planes), layer.forward(last));
        Assert.True(one.eq(other).all().item<bool>());
        Assert.Equal(last.stride(), other.stride());
        one.backward([outer]);
        other.backward([outer]);
        Assert.True(planes.grad!.eq(last.grad!).all().item<bool>());
    }

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_threads()
    {
        using var scope = NewDisposeScope();
        var activation = new BoundedActivation(new ActivationDeclaration { Bits = 4 });
        var data = randn(16, 12, 16, 16);
        var before = get_num_threads();
        try
        {
            var results = new[] { 1, 2, 3 }.Select(threads =>
            {
                set_num_threads(threads);
                var layer = Layer(12, activation, training: true);
                var x = data.clone().requires_grad_();
                layer.forward(x).square().sum().backward();
                return layer.Weight.grad!.data<float>().ToArray().Concat(x.grad!.data<float>().ToArray()).ToArray();
            }).ToArray();
            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void What_is_no_number_stays_none()
    {
        using var scope = NewDisposeScope();
        var layer = Layer(2, new BoundedActivation(new ActivationDeclaration { Bits = 4 }), training: false);
        var y = layer.forward(full([1, 2, 3, 3], float.NaN));
        Assert.All(y.data<float>().ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void A_gradient_that_is_a_view_of_one_number_is_understood()
    {
        using var scope = NewDisposeScope();
        var layer = Layer(2, new BoundedActivation(new ActivationDeclaration()), training: false);
        var x = full([1, 2, 2, 2], 5f).requires_grad_();
        layer.forward(x).mean([2, 3]).sum().backward();
        // Not clipped: 1 passes, over four pixels, times γ/√(σ² + ε).
        var expected = layer.Weight / (layer.RunningVariance + 1e-5).sqrt() / 4;
        Assert.True(x.grad!.select(2, 0).select(2, 0).squeeze(0).allclose(expected, rtol: 1e-5, atol: 1e-7));
    }

    [Theory]
    [InlineData("relu6")]
    [InlineData("tanh")]
    public void A_single_value_a_channel_moves_no_running_statistics(string kind)
    {
        using var scope = NewDisposeScope();
        var layer = Layer(3, new BoundedActivation(new ActivationDeclaration { Kind = kind }), training: true);
        var (mean, variance) = (layer.RunningMean.clone(), layer.RunningVariance.clone());
        var y = layer.forward(randn(1, 3, 1, 1));
        // x − μ is 0, so that β alone is left; the fused layer takes the difference of products with 1/√ε.
        Assert.True(y.flatten().allclose(layer.Activation.Apply(layer.Bias.detach().clone()), atol: 1e-3));
        Assert.True(layer.RunningMean.eq(mean).all().item<bool>());
        Assert.True(layer.RunningVariance.eq(variance).all().item<bool>());
    }

    [Fact]
    public void A_map_that_no_span_holds_goes_to_torchs_own_operators()
    {
        using var scope = NewDisposeScope();
        // One number's memory, seen as many.
        Assert.True(NormalizedActivationFunction.Takes(zeros(1).expand(64, 32, 512, 511)));
        Assert.False(NormalizedActivationFunction.Takes(zeros(1).expand(64, 32, 512, 512)));
        Assert.True(NormalizedActivationFunction.Takes(zeros(1, ScalarType.BFloat16).expand(64, 32, 512, 512)));
    }

    [Fact]
    public void Without_a_gradient_no_graph_is_made()
    {
        using var scope = NewDisposeScope();
        var layer = Layer(2, new BoundedActivation(new ActivationDeclaration()), training: false);
        using (no_grad())
            Assert.False(layer.forward(ones(1, 2, 2, 2)).requires_grad);
        Assert.True(layer.forward(ones(1, 2, 2, 2)).requires_grad);
        layer.Weight.requires_grad_(false);
        layer.Bias.requires_grad_(false);
        Assert.False(layer.forward(ones(1, 2, 2, 2)).requires_grad);
        var x = ones(1, 2, 2, 2).requires_grad_();
        layer.forward(x).sum().backward();
        Assert.NotNull(x.grad);
        Assert.Null(layer.Weight.grad);
    }

    private static NormalizedActivation Layer(int channels, BoundedActivation activation, bool training)
    {
        var layer = new NormalizedActivation(channels, activation, CPU);
        using (no_grad())
        {
            layer.Weight.copy_(linspace(0.5, 2, channels));
            layer.Bias.copy_(linspace(0.2, 1.5, channels));
            layer.RunningMean.copy_(linspace(4, 6, channels));
            layer.RunningVariance.copy_(linspace(6, 12, channels));
        }

        layer.train(training);
        return layer;
    }
}
