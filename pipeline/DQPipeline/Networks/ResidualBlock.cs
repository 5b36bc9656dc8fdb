using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// The pre-activation block of Wide ResNet: norm1, convolution, norm2, convolution, and the input joined on. Where the width or the size changes, the
/// shortcut is a 1×1 convolution of the activated input, as in the original.
/// </summary>
/// <remarks>Fields are called as their modules are registered: whoever registers the block has TorchSharp register its fields too, under their names.</remarks>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly NormalizedActivation norm1;
    private readonly Convolution conv1;
    private readonly NormalizedActivation norm2;
    private readonly Convolution conv2;
    private readonly Convolution? shortcut;
    private readonly ResidualSum sum;

    public ResidualBlock(int inputs, int outputs, int stride, BoundedActivation activation, ResidualSum sum, LayerFactory layers) : base(nameof(ResidualBlock))
    {
        norm1 = layers.Norm(inputs, activation);
        conv1 = layers.Convolution(inputs, outputs, stride: stride);
        norm2 = layers.Norm(outputs, activation);
        conv2 = layers.Convolution(outputs, outputs);
        shortcut = inputs != outputs || stride != 1 ? layers.Convolution(inputs, outputs, kernel: 1, stride: stride) : null;
        this.sum = sum;
        register_module("norm1", norm1);
        register_module("conv1", conv1);
        register_module("norm2", norm2);
        register_module("conv2", conv2);
        if (shortcut is not null)
        {
            register_module("shortcut", shortcut);
            sum.Weigh(shortcut, ResidualSum.Shortcut);
        }

        register_module("sum", sum);
        sum.Weigh(conv2, ResidualSum.Residual);
    }

    /// <summary>The convolutions; a sum stands between the last ones and the next batch norm.</summary>
    public IEnumerable<WeightLayer> WeightLayers
    {
        get
        {
            yield return new("conv1", conv1.Weight, norm2);
            yield return new("conv2", conv2.Weight, null);
            if (shortcut is not null)
                yield return new("shortcut", shortcut.Weight, null);
        }
    }

    /// <summary>Joins the branches.</summary>
    public ResidualSum Sum => sum;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var activated = norm1.call(input);
        using var inner = conv1.call(activated);
        using var innerActivated = norm2.call(inner);
        var residual = conv2.call(innerActivated);
        if (shortcut is null)
            return sum.JoinInput(input, residual);
        using var projected = shortcut.call(activated);
        return ResidualSum.Join(projected, residual);
    }

    /// <summary>Leads a visitor through the block.</summary>
    /// <returns>The number of the block's result.</returns>
    public int Accept(ILayerVisitor visitor, int input, string name)
    {
        var activated = visitor.Activate(input, $"{name}.norm1", norm1);
        var inner = visitor.Activate(visitor.Convolve(activated, $"{name}.conv1", conv1), $"{name}.norm2", norm2);
        var residual = visitor.Convolve(inner, $"{name}.conv2", conv2);
        return shortcut is null
            ? visitor.Sum(input, sum.Factor(ResidualSum.Shortcut), residual, $"{name}.sum")
            : visitor.Sum(visitor.Convolve(activated, $"{name}.shortcut", shortcut), null, residual, $"{name}.sum");
    }
}
