using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The fast gradient sign method, x + ε·sign(∇L(x, y)) (paper equation 1); in the Euclidean norm x + ε·∇L/‖∇L‖₂.</summary>
internal sealed class Fgsm(Objective objective) : Attack("fgsm")
{
    /// <inheritdoc/>
    public override int LeastClasses => objective.LeastClasses;

    /// <inheritdoc/>
    public override int Passes(double epsilon) => 1;

    private protected override Tensor Perturb(Attempt attempt) =>
        attempt.Ball.MoveByRadius(attempt.Ball.Centre(), attempt.Ball.Direction(attempt.Gradient(attempt.Ball.Images, objective)));
}
