using DQPipeline.Export;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Inference;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Export;

/// <summary>Files in float arithmetic against TorchSharp: another runtime, another layout, batch norms folded.</summary>
public class OnnxFloatTests
{
    public static TheoryData<string, string, string, int, int> Networks() => new()
    {
        { "vgg-s", "sum", "relu6", 0, 1 },
        { "vgg-s", "sum", "relu1", 5, 2 },
        { "vgg-s", "sum", "tanh", 0, 3 },
        { "vgg-s", "sum", "relu6", 3, 1 },
        { "vgg-16", "sum", "relu6", 0, 1 },
        { "resnet-18", "sum", "relu6", 0, 1 },
        { "resnet-18", "convex", "relu6", 0, 2 },
        { "wrn-10-1", "sum", "relu6", 0, 4 },
        { "wrn-16-4", "sum", "relu1", 0, 1 },
        { "wrn-16-4", "convex", "tanh", 0, 1 },
        { "conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "convex", "relu3", 0, 1 },
    };

    /// <summary>Without quantizers nothing jumps: all numbers are close, whatever the network.</summary>
    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_network_answers_as_in_TorchSharp(string network, string residual, string activation, int colourBits, int median)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Network(network, residual, new() { Kind = activation }, new() { Bits = colourBits, Median = median });
        using var deployed = DeployedModel.Load(OnnxExport.Float(LayerGraphs.Of(model), Deployed.Words(model)), "test");
        var (expected, found) = Deployed.Logits(model, deployed, images: 24);
        var largest = expected.Max(Math.Abs);
        Assert.True(largest > 0.1);
        Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - (1e-4f * largest), pair.First + (1e-4f * largest)));
        Assert.Equal(Deployed.Labels(expected), Deployed.Labels(found));
    }

    /// <summary>Of a block whose shortcut is projected, the second convolution and the shortcut's run one after the other, and neither reads what the other makes.</summary>
    [Fact]
    public void Behind_a_convolution_comes_the_next_one_that_reads_what_it_makes()
    {
        using var model = Deployed.Network("conv 8 5x5, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "sum", new(), new());
        var next = LayerGraphs.Of(model).NextConvolutions();
        Assert.Equal("conv1 > block1.conv1, block1.conv1 > block1.conv2, conv2 > block2.conv1, block2.conv1 > block2.conv2", string.Join(", ", next.Select(pair => $"{pair.Key} > {pair.Value}")));
        // Those of which distances are told, by the same names.
        Assert.Empty(next.Keys.Concat(next.Values).Except(model.WeightLayers.Select(layer => layer.Name)));
    }

    /// <summary>With quantizers a value at a rounding boundary may go the other way, and that spreads: but hardly any label changes.</summary>
    [Theory]
    [InlineData("relu6", 1)]
    [InlineData("relu6", 4)]
    [InlineData("relu1", 2)]
    [InlineData("relu2.5", 2)]
    [InlineData("relu6", 8)]
    [InlineData("tanh", 3)]
    public void A_trained_network_with_quantizers_gives_the_same_labels(string activation, int bits)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Trained(new() { Kind = activation, Bits = bits });
        using var deployed = DeployedModel.Load(OnnxExport.Float(LayerGraphs.Of(model), Deployed.Words(model)), "test");
        var (expected, found) = Deployed.TextureLogits(model, deployed, images: 600);
        Assert.True(Deployed.Agreement(expected, found) >= 0.995);
    }
}
