using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// Batch norm per channel: γ·(x − μ)/√(σ² + ε) + β, with μ and σ² of the batch while training and running ones else. Alone it ends the residual branch of a
/// post-activation block, where the activation waits for the sum; everywhere else the activation follows (<see cref="NormalizedActivation"/>).
/// </summary>
public class BatchNormalization : nn.Module<Tensor, Tensor>
{
    /// <summary>Share of a batch's statistics in the running ones.</summary>
    internal const double Momentum = 0.1;

    /// <summary>Creates the layer with γ = 1, β = 0, mean 0 and variance 1.</summary>
    /// <param name="channels">Channels C of the feature map.</param>
    /// <param name="device">Where the layer lives.</param>
    internal BatchNormalization(int channels, Device device) : base(nameof(BatchNormalization))
    {
        register_parameter("weight", new Parameter(ones(channels, device: device)));
        register_parameter("bias", new Parameter(zeros(channels, device: device)));
        register_buffer("running_mean", zeros(channels, device: device));
        register_buffer("running_var", ones(channels, device: device));
    }

    /// <summary>ε under the root, as every framework has it.</summary>
    public const double Epsilon = 1e-5;

    // Looked up each time and not kept: to() registers new tensors in the place of those it moves, and disposes the old ones.

    /// <summary>γ, float32 C.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>β, float32 C.</summary>
    public Parameter Bias => get_parameter("bias")!;

    /// <summary>Running mean of the input, float32 C; what evaluation uses.</summary>
    public Tensor RunningMean => get_buffer("running_mean")!;

    /// <summary>Running variance of the input, float32 C; what evaluation uses.</summary>
    public Tensor RunningVariance => get_buffer("running_var")!;

    /// <summary>N×C×H×W in and out, from torch's own operators, for every device and type. The gradient needs the input and not the result, which may be changed in place.</summary>
    public override Tensor forward(Tensor input) => Normalize(input, Weight, Bias);

    /// <summary>The same times a number, which γ and β take in.</summary>
    /// <param name="input">N×C×H×W.</param>
    /// <param name="factor">A scalar tensor; it gets its gradient.</param>
    internal Tensor Scaled(Tensor input, Tensor factor)
    {
        using var weight = Weight.mul(factor);
        using var bias = Bias.mul(factor);
        return Normalize(input, weight, bias);
    }

    private Tensor Normalize(Tensor input, Tensor weight, Tensor bias)
    {
        var (mean, variance) = (RunningMean, RunningVariance);
        if (!training || TellsVariance(input.numel() / mean.numel()))
            return nn.functional.batch_norm(input, mean, variance, weight, bias, training, Momentum, Epsilon);
        using var unmovedMean = mean.clone();
        using var unmovedVariance = variance.clone();
        return nn.functional.batch_norm(input, unmovedMean, unmovedVariance, weight, bias, training, Momentum, Epsilon);
    }

    /// <summary>
    /// Whether so many values a channel move the running statistics. A single one, of a last batch of one image whose map is one pixel, has no variance: torch's operator would make
    /// the running one NaN, and the network with it.
    /// </summary>
    internal static bool TellsVariance(long values) => values > 1;
}
