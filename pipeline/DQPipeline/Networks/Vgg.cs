using System.Globalization;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// A plain convolutional network (Simonyan and Zisserman 2014) of the paper's figure 2: convolution 3×3, batch norm, bounded ReLU, quantizer,
/// repeated; 2×2 max pooling between the stages; global average pooling and one linear layer at the end.
/// </summary>
internal sealed class Vgg : Classifier
{
    /// <summary>Stands for a pooling among widths.</summary>
    private const int Pool = 0;

    /// <summary>vgg-s.</summary>
    private static readonly int[] Small = [32, 32, Pool, 64, 64, Pool, 128, 128];

    /// <summary>vgg-16; the pooling after its last stage is part of the global one.</summary>
    private static readonly int[] Sixteen =
        [64, 64, Pool, 128, 128, Pool, 256, 256, 256, Pool, 512, 512, 512, Pool, 512, 512, 512];

    private readonly List<(string Name, Convolution Convolution, NormalizedActivation Norm, bool PoolAfter)> blocks = [];
    private readonly Linear linear;

    private Vgg(NetworkDescription description, int[] widths, LayerFactory layers) : base(description)
    {
        var activation = new BoundedActivation(description.Activation);
        var (channels, side) = (description.Channels, Math.Min(description.Height, description.Width));
        for (var i = 0; i < widths.Length; i++)
        {
            if (widths[i] == Pool)
                continue;
            // A map of one pixel cannot be halved: small images meet fewer poolings.
            var pool = i + 1 < widths.Length && widths[i + 1] == Pool && side >= 2;
            var number = (blocks.Count + 1).ToString(CultureInfo.InvariantCulture);
            var convolution = layers.Convolution(channels, widths[i]);
            var norm = layers.Norm(widths[i], activation);
            register_module($"conv{number}", convolution);
            register_module($"norm{number}", norm);
            blocks.Add(($"conv{number}", convolution, norm, pool));
            channels = widths[i];
            side = pool ? side / 2 : side;
        }

        linear = layers.Linear(channels, description.Classes);
        register_module("linear", linear);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightLayer> WeightLayers =>
        [.. blocks.Select(block => new WeightLayer(block.Name, block.Convolution.Weight, block.Norm)), new("linear", linear.weight!, null)];

    /// <summary>Builds vgg-s.</summary>
    public static Vgg S(NetworkDescription description, LayerFactory layers) => new(description, Small, layers);

    /// <summary>Builds vgg-16.</summary>
    public static Vgg V16(NetworkDescription description, LayerFactory layers) => new(description, Sixteen, layers);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var x = Centre(input);
        foreach (var (_, convolution, norm, pool) in blocks)
        {
            x = Replace(x, convolution.call(x));
            x = Replace(x, norm.call(x));
            if (pool)
                x = Replace(x, nn.functional.max_pool2d(x, 2));
        }

        return Pooled(x, linear);
    }

    /// <inheritdoc/>
    internal override void Accept(ILayerVisitor visitor)
    {
        var x = visitor.Image(Description);
        foreach (var (name, convolution, norm, pool) in blocks)
        {
            x = visitor.Activate(visitor.Convolve(x, name, convolution), name.Replace("conv", "norm", StringComparison.Ordinal), norm);
            if (pool)
                x = visitor.Pool(x, $"{name}.pool");
        }

        visitor.Head(x, nameof(linear), linear);
    }
}
