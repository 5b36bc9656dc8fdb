using System.Globalization;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// ResNet-18 (He et al. 2015) as adversarial training uses it on 32×32 images (Madry et al. 2017; paper table 5): a 3×3 convolution to 64 maps without
/// pooling, four stages of two basic blocks with 64, 128, 256 and 512 maps at strides 1, 2, 2 and 2, global average pooling and a linear layer. The
/// bounded activation and its quantizer stand in every place of the original's ReLU, after the sums as well.
/// </summary>
internal sealed class ResNet : Classifier
{
    private const int BlocksPerStage = 2;

    private static readonly int[] Widths = [64, 128, 256, 512];

    private readonly Convolution stem;
    private readonly NormalizedActivation norm;
    private readonly List<(string Name, BasicBlock Block)> blocks = [];
    private readonly Linear linear;

    /// <summary>Builds the network.</summary>
    /// <param name="description">Its description.</param>
    /// <param name="layers">Makes the layers.</param>
    public ResNet(NetworkDescription description, LayerFactory layers) : base(description)
    {
        var activation = new BoundedActivation(description.Activation);
        var channels = Widths[0];
        stem = layers.Convolution(description.Channels, channels);
        norm = layers.Norm(channels, activation);
        register_module("conv", stem);
        register_module("norm", norm);
        for (var stage = 0; stage < Widths.Length; stage++)
        {
            for (var i = 0; i < BlocksPerStage; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"stage{stage + 1}_block{i + 1}");
                var block = new BasicBlock(channels, Widths[stage], stride: stage > 0 && i == 0 ? 2 : 1, activation, layers.Sum(description), layers);
                register_module(name, block);
                blocks.Add((name, block));
                channels = Widths[stage];
            }
        }

        linear = layers.Linear(channels, description.Classes);
        register_module("linear", linear);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightLayer> WeightLayers =>
    [
        new("conv", stem.Weight, norm),
        .. blocks.SelectMany(item => item.Block.WeightLayers.Select(layer => layer.Within(item.Name))),
        new("linear", linear.weight!, null),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> ConvexCoefficients => [.. blocks.Select(item => item.Block.Sum.Coefficients).OfType<Parameter>()];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var x = Centre(input);
        x = Replace(x, stem.call(x));
        x = Replace(x, norm.call(x));
        foreach (var (_, block) in blocks)
            x = Replace(x, block.call(x));
        return Pooled(x, linear);
    }

    /// <inheritdoc/>
    internal override void Accept(ILayerVisitor visitor)
    {
        var x = visitor.Activate(visitor.Convolve(visitor.Image(Description), "conv", stem), nameof(norm), norm);
        foreach (var (name, block) in blocks)
            x = block.Accept(visitor, x, name);
        visitor.Head(x, nameof(linear), linear);
    }
}
