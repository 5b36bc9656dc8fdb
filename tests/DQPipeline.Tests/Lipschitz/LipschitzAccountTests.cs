using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Convolution = DQPipeline.Networks.Convolution;

namespace DQPipeline.Tests.Lipschitz;

/// <summary>Bounds of whole networks against what networks do.</summary>
public class LipschitzAccountTests
{
    /// <summary>Every kind of network: the bound of each logit's difference is never exceeded by gradients or by quotients of differences, near or far.</summary>
    [Theory]
    [InlineData("vgg-s", "relu6", "sum")]
    [InlineData("vgg-s", "tanh", "sum")]
    [InlineData("wrn-10-1", "relu6", "sum")]
    [InlineData("wrn-10-1", "relu1", "convex")]
    [InlineData("wrn-10-2", "relu6", "convex")]
    [InlineData("resnet-18", "relu1", "convex")]
    [InlineData("conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "relu2.5", "sum")]
    public void No_gradient_and_no_quotient_exceeds_the_bound(string name, string activation, string residual)
    {
        using var scope = NewDisposeScope();
        using var network = Drawn(name, activation, residual);
        var account = LipschitzAccount.Of(network);
        Assert.Equal(account.Features, account.Layers[^2].Path);
        Assert.True(account.Estimate <= account.Logits);
        var images = rand(12, 3, 8, 8).requires_grad_();
        var logits = network.forward(images);
        for (var j = 1; j < 3; j++)
        {
            var gradient = autograd.grad([(logits.select(1, 0) - logits.select(1, j)).sum()], [images], retain_graph: true)[0];
            Assert.True(gradient.flatten(1).norm(1).max().item<float>() <= account.Distances[j] * account.Features);
        }

        using var guard = no_grad();
        foreach (var length in new[] { 1e-3, 0.1, 10 })
        {
            var others = images + randn_like(images).mul(length);
            var moved = (network.forward(others) - network.forward(images)).to(ScalarType.Float64);
            var changed = (others - images).to(ScalarType.Float64).flatten(1).norm(1);
            Assert.True((moved.norm(1) / changed).max().item<double>() <= account.Logits);
            Assert.True(((moved.select(1, 0) - moved.select(1, 1)).abs() / changed).max().item<double>() <= account.Distances[1] * account.Features);
        }
    }

    [Fact]
    public void Each_layer_is_named_once_and_batch_norms_are_folded_where_they_follow_directly()
    {
        using var plain = Drawn("vgg-s", "relu6", "sum");
        Assert.Equal(
            ["image input", "conv1 folded convolution", "norm1 activation", "conv2 folded convolution", "norm2 activation", "conv2.pool max pool"],
            LipschitzAccount.Of(plain).Layers.Take(6).Select(layer => $"{layer.Name} {layer.Kind}"));

        using var wide = Drawn("wrn-10-2", "relu6", "sum");
        var kinds = LipschitzAccount.Of(wide).Layers.ToLookup(layer => layer.Kind, layer => layer.Name);
        // The first block's norm follows the stem; those of the other blocks and the last one follow a sum, and stand alone.
        Assert.Equal(["conv", "group1_block1.conv1", "group2_block1.conv1", "group3_block1.conv1"], kinds["folded convolution"]);
        Assert.Equal(["group2_block1.norm1.batchnorm", "group3_block1.norm1.batchnorm", "norm.batchnorm"], kinds["batch norm"]);
        Assert.Equal(["group1_block1.sum", "group2_block1.sum", "group3_block1.sum"], kinds["sum"]);
        Assert.Equal(6, kinds["convolution"].Count());

        // Without widening the stem's own map is the first shortcut, so that it is counted as it is as well.
        using var narrow = Drawn("wrn-10-1", "relu6", "sum");
        Assert.Equal(["folded convolution", "convolution"], LipschitzAccount.Of(narrow).Layers.Where(layer => layer.Name == "conv").Select(layer => layer.Kind));
    }

    [Fact]
    public void A_layers_figures_are_those_of_its_folded_matrix()
    {
        using var scope = NewDisposeScope();
        using var network = Drawn("vgg-s", "relu6", "sum");
        var first = network.WeightLayers[0];
        var gain = (first.Norm!.Weight / (first.Norm.RunningVariance + 1e-5).sqrt()).reshape(-1, 1, 1, 1);
        var truth = DenseOperator.Norm(DenseOperator.Of((first.Weight * gain).detach().to(ScalarType.Float64), 1, 8, 8));
        var layer = LipschitzAccount.Of(network, 1e-6).Layers[1];
        Assert.Equal(truth, layer.Estimate!.Value, 2e-4 * truth);
        Assert.InRange(layer.Bound!.Value, truth, truth * 1.1);
        Assert.Equal(4 * layer.Bound.Value, layer.Path, 1e-9);
        Assert.InRange(layer.Iterations, 1, PowerIteration.MaxIterations);
    }

    [Fact]
    public void A_network_known_by_hand_has_the_constant_that_it_has()
    {
        // Convolution 1×1 with weights 0.3 and 0.4: norm 1/2. Image scale 4, mean over 4×4 pixels 1/4. Rows (0.6, 0.8) and (−0.6, −0.8): their difference has length 2, and lies along the weights.
        using var network = new TwoWeights([0.3f, 0.4f], [0.6f, 0.8f, -0.6f, -0.8f]);
        var account = LipschitzAccount.Of(network);
        Assert.Equal(0.5, account.Features, 1e-3);
        Assert.Equal(2, account.Distances[1], 1e-6);
        Assert.Equal(0, account.Distances[3]);
        // The matrix of the two rows has norm √2.
        Assert.Equal(Math.Sqrt(2) / 2, account.Logits, 1e-3);

        // All of it is linear: the certified radius is the distance to the plane where the label changes. z₀ − z₁ is 2·(1/2)·4·mean(x − 128/255), 0.32 of it for pixels of 148.
        var split = Split([148, 108, 128, 200], [0, 1, 0, 1]);
        var certificate = Certificate.Of(network, account, split, [0, 1, 2, 3]);
        // 20 units in each of 16 pixels: a length of 80.
        Assert.Equal(80, certificate.Radii[0], 0.2);
        Assert.Equal(80, certificate.Radii[1], 0.2);
        // On the plane itself the first label is given and nothing is certified; and the last one is wrong.
        Assert.Equal((0, true), (certificate.Radii[2], certificate.Right[2]));
        Assert.Equal((0, false), (certificate.Radii[3], certificate.Right[3]));
        Assert.Equal((3, 3, 2, 2, 0), (certificate.Correct, certificate.CertifiedAt(0), certificate.CertifiedAt(1), certificate.CertifiedAt(79.5), certificate.CertifiedAt(81)));
        Assert.Equal((certificate.Radii.Max(), certificate.Radii.Order().ElementAt(2), 0), (certificate.RadiusOf(0.25), certificate.RadiusOf(0.5), certificate.RadiusOf(0.75)));
        Assert.False(certificate.IsVacuous);
        // Margin over √2·L is the same here: two opposite rows.
        Assert.Equal(certificate.Radii[0], certificate.UniformRadii[0], 0.2);
    }

    [Fact]
    public void Where_no_other_image_is_certified_the_certificate_is_called_vacuous()
    {
        using var network = new TwoWeights([30, 40], [0.6f, 0.8f, -0.6f, -0.8f]);
        var account = LipschitzAccount.Of(network);
        // The same planes, but one unit in one pixel is 1/80 of the way.
        Assert.False(Certificate.Of(network, account, Split([148], [0]), [0]).IsVacuous);
        using var loose = new TwoWeights([0.4f, -0.3f], [6, 8, -6, -8]);
        // The weights lie across the difference of the rows, so that no image has a margin and none a radius.
        var certificate = Certificate.Of(loose, LipschitzAccount.Of(loose), Split([148, 129], [0, 0]), [0, 1]);
        Assert.True(certificate.IsVacuous);
        Assert.Equal(0, certificate.CertifiedAt(1));
    }

    [Fact]
    public void Quantizers_are_taken_out_and_weights_stay()
    {
        using var scope = NewDisposeScope();
        using var network = Drawn("vgg-s", "relu6", "sum", bits: 2);
        using var twin = LipschitzAccount.Unquantized(network);
        Assert.Equal((ActivationDeclaration.FullPrecision, false), (twin.Description.Activation.Bits, twin.training));
        foreach (var (name, value) in network.state_dict())
            Assert.True(value.allclose(twin.state_dict()[name], rtol: 0, atol: 0) && value.Handle != twin.state_dict()[name].Handle);
        Assert.Throws<ArgumentException>(() => Certificate.Of(network, LipschitzAccount.Of(network), Split([1], [0]), [0]));
    }

    [Fact]
    public void A_network_that_squeezes_its_images_is_refused()
    {
        using var network = NetworkFactory.Create(new NetworkDescription("vgg-s", new(), 3, 8, 8, ["a", "b"]) { Squeeze = new() { Bits = 4 } }, 1);
        Assert.Contains("rounding jumps", Assert.Throws<DqException>(() => LipschitzAccount.Of(network)).Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = Drawn("wrn-10-1", "relu6", "convex");
        DisposeScopeManager.Statistics.Reset();
        _ = LipschitzAccount.Of(network, 0.1);
        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>A network in evaluation mode whose batch norms are no identities and whose coefficients are not halves.</summary>
    internal static Classifier Drawn(string name, string activation, string residual, int bits = 32)
    {
        var network = NetworkFactory.Create(new NetworkDescription(name, new ActivationDeclaration { Kind = activation, Bits = bits }, 3, 8, 8, ["a", "b", "c"]) { Residual = residual }, 5);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(9);
        foreach (var (path, value) in network.state_dict())
        {
            if (path.EndsWith("running_var", StringComparison.Ordinal))
                value.copy_(rand(value.shape, generator: generator).mul(2).add(0.3));
            else if (path.EndsWith("running_mean", StringComparison.Ordinal))
                value.copy_(randn(value.shape, generator: generator).mul(0.3));
            else if (value.dim() == 1 && path.EndsWith("weight", StringComparison.Ordinal))
                value.copy_(randn(value.shape, generator: generator));
        }

        foreach (var coefficients in network.ConvexCoefficients)
            coefficients.copy_(tensor(new[] { 0.3f, 0.7f }));
        network.eval();
        return network;
    }

    /// <summary>Images of 4×4 pixels of one grey value.</summary>
    private static ImageSplit Split(byte[] greys, int[] classes) => new([.. greys.SelectMany(grey => Enumerable.Repeat(grey, 16))], classes);

    /// <summary>A 1×1 convolution to two maps without an activation, average pooling, a linear layer of two classes.</summary>
    private sealed class TwoWeights : Classifier
    {
        private readonly Convolution convolution;
        private readonly Linear linear = nn.Linear(2, 2);

        public TwoWeights(float[] convolve, float[] rows) : base(new NetworkDescription("two", new(), 1, 4, 4, ["light", "dark"]))
        {
            using var guard = no_grad();
            convolution = new Convolution(tensor(convolve, [2, 1, 1, 1]), 1);
            linear.weight!.copy_(tensor(rows, [2, 2]));
            linear.bias!.zero_();
            RegisterComponents();
            eval();
        }

        public override Tensor forward(Tensor input) => Pooled(convolution.call(Centre(input)), linear);

        internal override void Accept(ILayerVisitor visitor) => visitor.Head(visitor.Convolve(visitor.Image(Description), "convolution", convolution), "linear", linear);
    }
}
