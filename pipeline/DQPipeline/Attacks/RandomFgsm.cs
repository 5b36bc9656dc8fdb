using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// R+FGSM, x′ + (ε − ε₁)·sign(∇L(x′, y)) with x′ = x + ε₁·sign(N(0, I)) and ε₁ = ε/2: a random step out of the sharp curvature
/// near the data, then a gradient step (paper equation 2).
/// </summary>
internal sealed class RandomFgsm(Objective objective) : Attack("r+fgsm")
{
    /// <inheritdoc/>
    public override int LeastClasses => objective.LeastClasses;

    /// <inheritdoc/>
    public override int Passes(double epsilon) => 1;

    private protected override Tensor Perturb(Attempt attempt)
    {
        var ball = attempt.Ball;
        var start = ball.MoveByRadius(ball.Centre(), attempt.Noise.Signs(ball.Images), 0.5);
        return ball.MoveByRadius(start, ball.Direction(attempt.Gradient(start, objective)), 0.5);
    }
}
