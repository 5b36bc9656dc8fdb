using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The fast gradient sign method, x + ε·sign(∇L(x, y)) (paper equation 1).</summary>
internal sealed class Fgsm() : Attack("fgsm")
{
    /// <inheritdoc/>
    public override int Gradients(double epsilon) => 1;

    private protected override Tensor Perturb(Ball ball, LossGradient gradient, Noise noise) =>
        ball.MoveByRadius(ball.Centre(), gradient.Sign(ball.Images));
}
