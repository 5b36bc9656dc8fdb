using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>Batch norm, bounded ReLU and quantizer: what follows (or, in a pre-activation network, precedes) every convolution of the paper's figure 2.</summary>
public sealed class NormalizedActivation : nn.Module<Tensor, Tensor>
{
    /// <summary>Share of a batch's statistics in the running ones.</summary>
    internal const double Momentum = 0.1;

    /// <summary>Creates the layer with γ = 1, β = 0, mean 0 and variance 1.</summary>
    /// <param name="channels">Channels C of the feature map.</param>
    /// <param name="activation">The activation; layers share it.</param>
    /// <param name="device">Where the layer lives.</param>
    internal NormalizedActivation(int channels, BoundedActivation activation, Device device) : base(nameof(NormalizedActivation))
    {
        Activation = activation;
        Weight = new Parameter(ones(channels, device: device));
        Bias = new Parameter(zeros(channels, device: device));
        RunningMean = zeros(channels, device: device);
        RunningVariance = ones(channels, device: device);
        register_parameter("weight", Weight);
        register_parameter("bias", Bias);
        register_buffer("running_mean", RunningMean);
        register_buffer("running_var", RunningVariance);
    }

    /// <summary>ε under the root, as every framework has it.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>γ, float32 C.</summary>
    public Parameter Weight { get; }

    /// <summary>β, float32 C.</summary>
    public Parameter Bias { get; }

    /// <summary>Running mean of the input, float32 C; what evaluation uses.</summary>
    public Tensor RunningMean { get; }

    /// <summary>Running variance of the input, float32 C; what evaluation uses.</summary>
    public Tensor RunningVariance { get; }

    /// <summary>The clip and the quantizer.</summary>
    public BoundedActivation Activation { get; }

    /// <summary>N×C×H×W in and out. While training, normalises by the batch's statistics and updates the running ones; else by the running ones.</summary>
    public override Tensor forward(Tensor input) =>
        NormalizedActivationFunction.Takes(input) ? NormalizedActivationFunction.Run(input, this) : Composed(input);

    /// <summary>The same from torch's own operators, for every device and type.</summary>
    internal Tensor Composed(Tensor input)
    {
        using var normalized = nn.functional.batch_norm(input, RunningMean, RunningVariance, Weight, Bias, training, Momentum, Epsilon);
        return Activation.Apply(normalized);
    }
}
