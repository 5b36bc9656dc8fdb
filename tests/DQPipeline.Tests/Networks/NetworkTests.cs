using DQPipeline.Declarations;
using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

public class NetworkTests
{
    private static readonly string[] TenLabels = [.. Enumerable.Range(0, 10).Select(i => $"class {i}")];

    internal static NetworkDescription Description(
        string network, int bits = ActivationDeclaration.FullPrecision, int channels = 3, int side = 32, string kind = "relu6", string residual = "sum") =>
        new(network, new ActivationDeclaration { Bits = bits, Kind = kind }, channels, side, side, TenLabels) { Residual = residual };

    [Fact]
    public void Vgg_s_has_the_parameters_that_its_layers_add_up_to()
    {
        // Convolutions 9·cin·cout, two parameters a channel for batch norm, and the linear layer with its bias.
        const int convolutions = 9 * (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128);
        const int norms = 2 * (32 + 32 + 64 + 64 + 128 + 128);
        using var network = NetworkFactory.Create(Description("vgg-s"), seed: 1);
        Assert.Equal(convolutions + norms + 128 * 10 + 10, Count(network));
    }

    [Fact]
    public void Vgg_16_has_the_parameters_that_its_layers_add_up_to()
    {
        const int convolutions = 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 2 * 256 * 256 + 256 * 512 + 5 * 512 * 512);
        const int norms = 2 * (2 * 64 + 2 * 128 + 3 * 256 + 6 * 512);
        using var network = NetworkFactory.Create(Description("vgg-16"), seed: 1);
        Assert.Equal(convolutions + norms + 512 * 10 + 10, Count(network));
        // 14.7 M in the literature on CIFAR-10; 14,728,266 of implementations whose 13 convolutions keep the 4,224 biases that batch norm makes idle.
        Assert.Equal(14_728_266 - 4_224, Count(network));
    }

    [Theory]
    [InlineData("sum", 0)]
    [InlineData("convex", 8 * 2)] // two coefficients in each of the eight blocks
    public void ResNet_18_has_the_11_173_962_parameters_of_the_literature_and_of_its_layers(string residual, int coefficients)
    {
        // Two parameters a channel for each batch norm: that of the stem, two a block, and one after each of the three projections.
        var (total, channels) = (9 * 3 * 64 + 2 * 64, 64);
        foreach (var width in new[] { 64, 128, 256, 512 })
        {
            var shortcut = channels == width ? 0 : channels * width + 2 * width;
            total += 9 * channels * width + 9 * width * width + 4 * width + shortcut + (18 * width * width + 4 * width);
            channels = width;
        }

        total += channels * 10 + 10;
        using var network = NetworkFactory.Create(Description("resnet-18", residual: residual), seed: 1);
        Assert.Equal(11_173_962, total);
        Assert.Equal(total + coefficients, Count(network));
    }

    [Theory]
    [InlineData(28, 10, 36_479_194)] // 36.5 M: the paper by Zagoruyko and Komodakis, table 4
    [InlineData(16, 4, 2_748_890)] // 2.7 M: the same table
    [InlineData(10, 1, 77_850)]
    public void Wide_ResNets_have_as_many_parameters_as_published_and_as_the_formula_says(int depth, int k, int published)
    {
        var n = (depth - 4) / 6;
        var (total, channels) = (9 * 3 * 16, 16);
        foreach (var width in new[] { 16 * k, 32 * k, 64 * k })
        {
            for (var i = 0; i < n; i++)
            {
                // Only the first block of the first group can keep its width and its size, and then it needs no projection.
                var shortcut = i == 0 && (channels != width || width != 16 * k) ? channels * width : 0;
                total += 9 * channels * width + 9 * width * width + 2 * channels + 2 * width + shortcut;
                channels = width;
            }
        }

        total += 2 * channels + channels * 10 + 10;
        using var network = NetworkFactory.Create(Description($"wrn-{depth}-{k}"), seed: 1);
        Assert.Equal(total, Count(network));
        Assert.Equal(published, Count(network));
    }

    [Theory]
    [InlineData("vgg-s", 3, 32)]
    [InlineData("vgg-s", 1, 28)]
    [InlineData("vgg-16", 3, 32)]
    [InlineData("vgg-16", 1, 28)]
    [InlineData("vgg-16", 3, 4)]
    [InlineData("vgg-16", 3, 48)]
    [InlineData("wrn-10-1", 3, 32)]
    [InlineData("wrn-16-2", 1, 28)]
    [InlineData("resnet-18", 3, 32)]
    [InlineData("resnet-18", 1, 28)]
    [InlineData("resnet-18", 3, 4)]
    public void Every_network_takes_every_image_size_and_gives_finite_logits(string name, int channels, int side)
    {
        using var network = NetworkFactory.Create(Description(name, bits: 4, channels: channels, side: side), seed: 3);
        using var images = rand(2, channels, side, side);
        network.eval();
        using var logits = network.forward(images);
        Assert.Equal([2L, 10L], logits.shape);
        Assert.All(logits.data<float>().ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void A_seed_names_a_network_whatever_was_drawn_before()
    {
        using var first = NetworkFactory.Create(Description("wrn-10-1"), seed: 7);
        using var noise = rand(1000);
        using var second = NetworkFactory.Create(Description("wrn-10-1"), seed: 7);
        using var other = NetworkFactory.Create(Description("wrn-10-1"), seed: 8);
        Assert.Equal(Values(first.WeightLayers[3].Weight), Values(second.WeightLayers[3].Weight));
        Assert.NotEqual(Values(first.WeightLayers[3].Weight), Values(other.WeightLayers[3].Weight));
    }

    [Fact]
    public void Weights_start_with_the_deviation_of_He_et_al()
    {
        using var network = NetworkFactory.Create(Description("vgg-16"), seed: 5);
        // 512·512·9 normal numbers: their deviation is known to within 0.1 %.
        using var deviation = network.WeightLayers[12].Weight.std();
        Assert.Equal(Math.Sqrt(2.0 / (512 * 9)), deviation.item<float>(), 1e-4);
    }

    [Theory]
    [InlineData("vgg-s", 7)]
    [InlineData("vgg-16", 14)]
    [InlineData("wrn-16-2", 1 + 12 + 3 + 1)] // stem, two a block, a shortcut a group, linear
    [InlineData("resnet-18", 1 + 16 + 3 + 1)] // the same, but the first stage keeps its width
    public void Every_weight_matrix_is_listed_once_under_its_name_in_the_state(string name, int count)
    {
        using var network = NetworkFactory.Create(Description(name), seed: 1);
        var state = network.state_dict();
        Assert.Equal(count, network.WeightLayers.Count);
        Assert.All(network.WeightLayers, layer => Assert.Equal(Values(state[$"{layer.Name}.weight"]), Values(layer.Weight)));
        Assert.Equal(network.parameters().Count(parameter => parameter.dim() >= 2), count);
        // Every array of a model file is a parameter or a running statistic, once.
        Assert.Equal(state.Count, network.parameters().Count() + 2 * network.modules().OfType<BatchNormalization>().Count());
        Assert.All(network.WeightLayers, layer => Assert.True(layer.Norm is null || layer.Norm.Weight.shape[0] == layer.Weight.shape[0]));
    }

    [Fact]
    public void The_first_convolution_sees_the_image_centred_and_scaled()
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Description("vgg-s", channels: 1, side: 4), seed: 1);
        network.eval();
        // A grey image of byte 128 is zero after centring: every convolution gives zero, and so do the norms of a fresh network.
        var logits = network.forward(full([1, 1, 4, 4], 128.0 / 255.0));
        Assert.All(logits.data<float>().ToArray(), value => Assert.Equal(0f, value, 1e-5f));
    }

    [Theory]
    [InlineData("vgg-s", "relu6", "sum", 2)]
    [InlineData("vgg-s", "relu1", "sum", 2)]
    [InlineData("vgg-s", "tanh", "sum", 2)]
    [InlineData("vgg-s", "tanh", "sum", 32)]
    [InlineData("wrn-16-1", "relu6", "sum", 2)]
    [InlineData("wrn-16-1", "relu6", "convex", 2)]
    [InlineData("resnet-18", "relu6", "sum", 2)]
    [InlineData("resnet-18", "relu1", "convex", 2)]
    public void Forward_leaves_only_its_result(string name, string kind, string residual, int bits)
    {
        using var network = NetworkFactory.Create(Description(name, bits, side: 8, kind: kind, residual: residual), seed: 1);
        using var images = rand(2, 3, 8, 8);
        using (var warm = network.forward(images))
        {
        }

        DisposeScopeManager.Statistics.Reset();
        using (var logits = network.forward(images))
        {
        }

        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("vgg-s")]
    [InlineData("wrn-16-1")]
    [InlineData("resnet-18")]
    public void A_network_that_is_moved_to_another_type_goes_on_there(string name)
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Description(name, side: 8, residual: NetworkNames.HasResidualSums(name) ? "convex" : "sum"), seed: 1);
        var images = rand(3, 3, 8, 8);
        network.eval();
        var before = network.forward(images);
        network.to(ScalarType.Float64);
        Assert.True(network.forward(images.to(ScalarType.Float64)).to(ScalarType.Float32).allclose(before, rtol: 1e-4, atol: 1e-4));
        Assert.All(network.WeightLayers, layer => Assert.Equal((ScalarType.Float64, ScalarType.Float64), (layer.Weight.dtype, layer.Norm?.Weight.dtype ?? ScalarType.Float64)));
        Assert.All(network.ConvexCoefficients, coefficients => Assert.Equal(ScalarType.Float64, coefficients.dtype));
    }

    [Fact]
    public void A_list_of_layers_is_the_network_of_the_literature_that_it_spells_out()
    {
        using var scope = NewDisposeScope();
        const string layers = "conv 64, block 64, block 64, block 128 /2, block 128, block 256 /2, block 256, block 512 /2, block 512, linear";
        var named = NetworkFactory.Create(Description("resnet-18", bits: 4, residual: "convex"), seed: 3);
        var listed = NetworkFactory.Create(Description(layers, bits: 4, residual: "convex"), seed: 3);
        var images = rand(2, 3, 32, 32);
        Assert.Equal(named.forward(images).data<float>().ToArray(), listed.forward(images).data<float>().ToArray());
        Assert.Equal(named.WeightLayers.Select(layer => string.Join('×', layer.Weight.shape)), listed.WeightLayers.Select(layer => string.Join('×', layer.Weight.shape)));
    }

    [Fact]
    public void Kernels_and_steps_are_those_that_are_written()
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Description("conv 4 7x7 /3, conv 6 1x1, conv 5 5x5, maxpool, linear", side: 20), seed: 2);
        Assert.Equal([[4, 3, 7, 7], [6, 4, 1, 1], [5, 6, 5, 5], [10, 5]], network.WeightLayers.Select(layer => layer.Weight.shape));
        network.eval();
        var x = rand(2, 3, 20, 20);
        var (logits, map) = (network.forward(x), x.sub(NetworkDescription.InputMean).mul(NetworkDescription.InputScale));
        // Fresh statistics: batch norm divides by √(1 + ε) and adds nothing.
        var scale = 1 / Math.Sqrt(1 + BatchNormalization.Epsilon);
        foreach (var (layer, step) in network.WeightLayers.Zip([3, 1, 1]))
            map = nn.functional.conv2d(map, layer.Weight, strides: [step, step], padding: [layer.Weight.shape[2] / 2, layer.Weight.shape[3] / 2]).mul(scale).clamp(0, 6);
        Assert.Equal(7, map.shape[3]);
        var expected = nn.functional.max_pool2d(map, 2).mean([2, 3]).matmul(network.WeightLayers[^1].Weight.t());
        Assert.True(logits.allclose(expected, rtol: 1e-4, atol: 1e-5));
    }

    [Theory]
    [InlineData("conv 8, maxpool, maxpool, maxpool, linear", "layer 4 of the network: \"maxpool\" halves a map")]
    [InlineData("maxpool, conv 8, linear", "layer 1 of the network: a network begins with a \"conv\"")]
    [InlineData("conv 8, linear, conv 8", "layer 2 of the network: \"linear\" ends a network")]
    [InlineData("conv 8, block 8", "layer 2 of the network: a network ends with \"linear\"")]
    [InlineData("conv 8, dropout, linear", "layer 2 of the network: \"dropout\" is no layer")]
    public void A_list_that_is_no_network_is_a_coded_error_that_names_the_layer(string layers, string expected)
    {
        var failure = Assert.Throws<DqException>(() => NetworkFactory.Create(Description(layers, side: 4), seed: 1));
        Assert.Equal(DiagnosticCodes.OutOfRange, failure.Diagnostics[0].Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg-19")]
    [InlineData("wrn-28")]
    [InlineData("wrn-27-10")]
    [InlineData("wrn-28-21")]
    [InlineData("wrn-4-1")]
    [InlineData("")]
    public void A_name_that_is_no_network_is_a_coded_error(string name)
    {
        var failure = Assert.Throws<DqException>(() => NetworkFactory.Create(Description(name), seed: 1));
        Assert.Equal(DiagnosticCodes.OutOfRange, failure.Diagnostics[0].Code);
    }

    [Theory]
    [InlineData("vgg-s", "convex", "no residual sums")]
    [InlineData("vgg-16", "convex", "no residual sums")]
    [InlineData("resnet-18", "average", "Use sum or convex")]
    public void Branches_that_cannot_be_joined_so_are_a_coded_error(string name, string residual, string expected)
    {
        var failure = Assert.Throws<DqException>(() => NetworkFactory.Create(Description(name, residual: residual), seed: 1));
        Assert.Equal(DiagnosticCodes.OutOfRange, failure.Diagnostics[0].Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    private static long Count(Classifier network) => network.parameters().Sum(parameter => parameter.numel());

    private static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();
}
