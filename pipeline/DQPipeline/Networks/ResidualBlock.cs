using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// The pre-activation block of Wide ResNet: norm1, convolution, norm2, convolution, and the input added. Where the width or the size changes, the
/// shortcut is a 1×1 convolution of the activated input, as in the original.
/// </summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly NormalizedActivation norm1;
    private readonly Conv2d conv1;
    private readonly NormalizedActivation norm2;
    private readonly Conv2d conv2;
    private readonly Conv2d? shortcut;

    public ResidualBlock(int inputs, int outputs, int stride, BoundedActivation activation, LayerFactory layers) : base(nameof(ResidualBlock))
    {
        norm1 = layers.Norm(inputs, activation);
        conv1 = layers.Convolution(inputs, outputs, stride: stride);
        norm2 = layers.Norm(outputs, activation);
        conv2 = layers.Convolution(outputs, outputs);
        shortcut = inputs != outputs || stride != 1 ? layers.Convolution(inputs, outputs, kernel: 1, stride: stride) : null;
        register_module("norm1", norm1);
        register_module("conv1", conv1);
        register_module("norm2", norm2);
        register_module("conv2", conv2);
        WeightLayers = [new("conv1", conv1.weight!, norm2), new("conv2", conv2.weight!, null)];
        if (shortcut is not null)
        {
            register_module("shortcut", shortcut);
            WeightLayers = [.. WeightLayers, new("shortcut", shortcut.weight!, null)];
        }
    }

    /// <summary>The convolutions; a sum stands between the last ones and the next batch norm.</summary>
    public IReadOnlyList<WeightLayer> WeightLayers { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var activated = norm1.call(input);
        using var inner = conv1.call(activated);
        using var innerActivated = norm2.call(inner);
        // In place: the gradient of a sum needs neither term, and that of the convolution not its result.
        var residual = conv2.call(innerActivated);
        if (shortcut is null)
            return residual.add_(input);
        using var projected = shortcut.call(activated);
        return residual.add_(projected);
    }
}
