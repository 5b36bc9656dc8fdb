using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// R+FGSM, x′ + (ε − ε₁)·sign(∇L(x′, y)) with x′ = x + ε₁·sign(N(0, I)) and ε₁ = ε/2: a random step out of the sharp curvature
/// near the data, then a gradient step (paper equation 2).
/// </summary>
internal sealed class RandomFgsm() : Attack("r+fgsm")
{
    /// <inheritdoc/>
    public override int Gradients(double epsilon) => 1;

    private protected override Tensor Perturb(Ball ball, LossGradient gradient, Noise noise)
    {
        var start = ball.MoveByRadius(ball.Centre(), noise.Signs(ball.Images), 0.5);
        return ball.MoveByRadius(start, gradient.Sign(start), 0.5);
    }
}
