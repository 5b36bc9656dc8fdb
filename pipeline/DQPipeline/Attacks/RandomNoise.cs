using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>Random perturbation, x + U(−ε, ε): knows neither the data nor the network, hence the weakest (paper section 2.2.1). In the Euclidean norm uniform in the ball.</summary>
internal sealed class RandomNoise() : Attack("random")
{
    /// <inheritdoc/>
    internal override bool TakesGradient => false;

    /// <inheritdoc/>
    public override int Passes(double epsilon) => 0;

    private protected override Tensor Perturb(Attempt attempt) => attempt.Ball.RandomPoint(attempt.Noise);
}
