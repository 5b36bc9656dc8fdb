using DQPipeline.Quantization;

namespace DQPipeline.Networks;

/// <summary>What the backward pass of a <see cref="NormalizedActivation"/> needs of the forward one, per channel.</summary>
internal sealed class ChannelMaps(NormalizedActivation layer, int channels)
{
    /// <summary>The layer.</summary>
    public NormalizedActivation Layer { get; } = layer;

    /// <summary>Whether the batch's own statistics were used, which move with each value, or the running ones, which do not.</summary>
    public bool BatchStatistics { get; } = layer.training;

    /// <summary>Whether γ and β take gradients: those of a frozen network do not, and an attack is spared a pass over both maps.</summary>
    public bool HasParameters { get; } = layer.Weight.requires_grad || layer.Bias.requires_grad;

    /// <summary>What the activation lets through backwards.</summary>
    public BackwardPass Backward { get; } = layer.Activation.Backward;

    /// <summary>The mean μ that was subtracted.</summary>
    public float[] Mean { get; } = new float[channels];

    /// <summary>1/√(σ² + ε).</summary>
    public float[] InverseDeviation { get; } = new float[channels];

    /// <summary>γ/√(σ² + ε): the normalised value is Scale·x + Shift.</summary>
    public float[] Scale { get; } = new float[channels];

    /// <summary>β − μ·Scale.</summary>
    public float[] Shift { get; } = new float[channels];
}
