using System.Globalization;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// Wide residual network (Zagoruyko and Komodakis 2016) of depth D = 6n + 4 and widening factor K: a 3×3 convolution to 16 maps, three groups of n
/// pre-activation blocks with 16K, 32K and 64K maps, batch norm and activation, global average pooling and a linear layer. No dropout.
/// </summary>
internal sealed class WideResNet : Classifier
{
    private readonly Convolution stem;
    private readonly List<(string Name, ResidualBlock Block)> blocks = [];
    private readonly NormalizedActivation norm;
    private readonly Linear linear;

    /// <summary>Builds the network.</summary>
    /// <param name="description">Its description.</param>
    /// <param name="blocksPerGroup">n = (D − 4)/6.</param>
    /// <param name="widening">K.</param>
    /// <param name="layers">Makes the layers.</param>
    public WideResNet(NetworkDescription description, int blocksPerGroup, int widening, LayerFactory layers) : base(description)
    {
        var activation = new BoundedActivation(description.Activation);
        stem = layers.Convolution(description.Channels, 16);
        register_module("conv", stem);
        var channels = 16;
        for (var group = 0; group < 3; group++)
        {
            for (var i = 0; i < blocksPerGroup; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"group{group + 1}_block{i + 1}");
                var width = (16 << group) * widening;
                var block = new ResidualBlock(channels, width, stride: group > 0 && i == 0 ? 2 : 1, activation, layers.Sum(description), layers);
                register_module(name, block);
                blocks.Add((name, block));
                channels = width;
            }
        }

        norm = layers.Norm(channels, activation);
        linear = layers.Linear(channels, description.Classes);
        register_module("norm", norm);
        register_module("linear", linear);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightLayer> WeightLayers =>
    [
        new("conv", stem.Weight, null),
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
        foreach (var (_, block) in blocks)
            x = Replace(x, block.call(x));
        return Pooled(Replace(x, norm.call(x)), linear);
    }

    /// <inheritdoc/>
    internal override void Accept(ILayerVisitor visitor)
    {
        var x = visitor.Convolve(visitor.Image(Description), "conv", stem);
        foreach (var (name, block) in blocks)
            x = block.Accept(visitor, x, name);
        visitor.Head(visitor.Activate(x, nameof(norm), norm), nameof(linear), linear);
    }
}
