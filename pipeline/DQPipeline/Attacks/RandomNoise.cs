using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>Random perturbation, x + U(−ε, ε): knows neither the data nor the network, hence the weakest (paper section 2.2.1).</summary>
internal sealed class RandomNoise() : Attack("random")
{
    /// <inheritdoc/>
    public override int Gradients(double epsilon) => 0;

    private protected override Tensor Perturb(Ball ball, LossGradient gradient, Noise noise) =>
        ball.MoveByRadius(ball.Centre(), noise.Uniform(ball.Images));
}
