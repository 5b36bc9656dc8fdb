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

    private protected override Tensor Perturb(Ball ball, LossGradient gradient, Noise noise, double epsilon)
    {
        var start = ball.Move(ball.Centre(), noise.Signs(ball.Images), ball.Radius / 2);
        return ball.Move(start, gradient.Sign(start), ball.Radius / 2);
    }
}
