using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>Batch norm, activation and quantizer: what follows (or, in a pre-activation network, precedes) every convolution of the paper's figure 2.</summary>
public sealed class NormalizedActivation : BatchNormalization
{
    /// <summary>Creates the layer with γ = 1, β = 0, mean 0 and variance 1.</summary>
    /// <param name="channels">Channels C of the feature map.</param>
    /// <param name="activation">The activation; layers share it.</param>
    /// <param name="device">Where the layer lives.</param>
    internal NormalizedActivation(int channels, BoundedActivation activation, Device device) : base(channels, device) => Activation = activation;

    /// <summary>The activation and the quantizer.</summary>
    public BoundedActivation Activation { get; }

    /// <summary>N×C×H×W in and out. While training, normalises by the batch's statistics and updates the running ones; else by the running ones.</summary>
    public override Tensor forward(Tensor input) =>
        Activation.IsRectified && NormalizedActivationFunction.Takes(input) ? NormalizedActivationFunction.Run(input, this) : Composed(input);

    /// <summary>The same from torch's own operators, for every device, type and activation.</summary>
    internal Tensor Composed(Tensor input)
    {
        using var normalized = base.forward(input);
        return Activation.Apply(normalized);
    }
}
