using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// The basic block of ResNet (He et al. 2015), post-activation: convolution, norm1 with activation, convolution, batch norm, the input joined on, activation.
/// Where the width or the size changes, the shortcut is a 1×1 convolution with a batch norm of its own.
/// </summary>
/// <remarks>Fields are called as their modules are registered: whoever registers the block has TorchSharp register its fields too, under their names.</remarks>
internal sealed class BasicBlock : nn.Module<Tensor, Tensor>
{
    private readonly Convolution conv1;
    private readonly NormalizedActivation norm1;
    private readonly Convolution conv2;
    private readonly BatchNormalization norm2;
    private readonly Convolution? shortcut;
    private readonly BatchNormalization? shortcutNorm;
    private readonly ResidualSum sum;
    private readonly BoundedActivation activation;

    public BasicBlock(int inputs, int outputs, int stride, BoundedActivation activation, ResidualSum sum, LayerFactory layers) : base(nameof(BasicBlock))
    {
        this.activation = activation;
        conv1 = layers.Convolution(inputs, outputs, stride: stride);
        norm1 = layers.Norm(outputs, activation);
        conv2 = layers.Convolution(outputs, outputs);
        norm2 = layers.Norm(outputs);
        this.sum = sum;
        register_module("conv1", conv1);
        register_module("norm1", norm1);
        register_module("conv2", conv2);
        register_module("norm2", norm2);
        if (inputs != outputs || stride != 1)
        {
            shortcut = layers.Convolution(inputs, outputs, kernel: 1, stride: stride);
            shortcutNorm = layers.Norm(outputs);
            register_module("shortcut", shortcut);
            register_module("shortcutNorm", shortcutNorm);
        }

        register_module("sum", sum);
    }

    /// <summary>The convolutions, each with its batch norm.</summary>
    public IEnumerable<WeightLayer> WeightLayers
    {
        get
        {
            yield return new("conv1", conv1.Weight, norm1);
            yield return new("conv2", conv2.Weight, norm2);
            if (shortcut is not null)
                yield return new("shortcut", shortcut.Weight, shortcutNorm);
        }
    }

    /// <summary>Joins the branches.</summary>
    public ResidualSum Sum => sum;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var joined = Join(input);
        return activation.Apply(joined);
    }

    /// <summary>Leads a visitor through the block.</summary>
    /// <returns>The number of the block's result.</returns>
    public int Accept(ILayerVisitor visitor, int input, string name)
    {
        var inner = visitor.Activate(visitor.Convolve(input, $"{name}.conv1", conv1), $"{name}.norm1", norm1);
        var residual = visitor.Normalize(visitor.Convolve(inner, $"{name}.conv2", conv2), $"{name}.norm2", norm2, sum.Factor(ResidualSum.Residual));
        var joined = shortcut is null
            ? visitor.Sum(input, sum.Factor(ResidualSum.Shortcut), residual, $"{name}.sum")
            : visitor.Sum(Projected(visitor, input, name), null, residual, $"{name}.sum");
        return visitor.Activate(joined, $"{name}.activation", activation);
    }

    private int Projected(ILayerVisitor visitor, int input, string name) => visitor.Normalize(
        visitor.Convolve(input, $"{name}.shortcut", shortcut!), $"{name}.shortcutNorm", shortcutNorm!, sum.Factor(ResidualSum.Shortcut));

    private Tensor Join(Tensor input)
    {
        using var inner = conv1.call(input);
        using var innerActivated = norm1.call(inner);
        using var outer = conv2.call(innerActivated);
        var residual = sum.Weighed(norm2, outer, ResidualSum.Residual);
        if (shortcut is null)
            return sum.JoinInput(input, residual);
        using var projected = shortcut.call(input);
        using var normalized = sum.Weighed(shortcutNorm!, projected, ResidualSum.Shortcut);
        return ResidualSum.Join(normalized, residual);
    }
}
