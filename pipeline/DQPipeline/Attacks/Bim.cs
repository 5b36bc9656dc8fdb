using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The basic iterative method: from x, steps of α·sign(∇L), each clipped to the ball and to [0,1] (paper equation 3).</summary>
/// <param name="objective">L.</param>
/// <param name="steps">Number of steps; 0 takes the paper's for each ε.</param>
/// <param name="alpha">Step size α in pixel units.</param>
internal sealed class Bim(Objective objective, int steps, double alpha) : Attack("bim")
{
    /// <inheritdoc/>
    public override int LeastClasses => objective.LeastClasses;

    /// <inheritdoc/>
    public override int Passes(double epsilon) => StepCount.Of(steps, epsilon);

    private protected override Tensor Perturb(Attempt attempt) =>
        attempt.Ball.Climb(attempt.Ball.Centre(), images => attempt.Gradient(images, objective), Passes, alpha / 255);
}
