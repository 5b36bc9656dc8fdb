using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Projected gradient descent: the steps of <see cref="Bim"/> from a random start (paper section 2.2.1). The start is uniform in the ball, as in
/// Madry et al. and everybody's PGD since; the paper's own, that of R+FGSM, is an option.
/// </summary>
/// <remarks>
/// The paper's ⌊min(ε+4, 1.25·ε)⌋ steps of one pixel unit do not lead from one side of the ball to the other, which takes 2ε. Where a network is nearly
/// linear within the ball (small ε, a strong Lipschitz penalty), this PGD is therefore weaker than one step of FGSM; more steps are what helps, not restarts.
/// </remarks>
/// <param name="objective">What is raised: the cross entropy, or another.</param>
/// <param name="steps">Number of steps; 0 takes the paper's for each ε.</param>
/// <param name="alpha">Step size α in pixel units.</param>
/// <param name="uniform">Whether the start is uniform in the ball, else x + ε/2·sign(N(0, I)).</param>
/// <param name="restarts">Independent starts, of which the most harmful counts for each image.</param>
internal sealed class Pgd(Objective objective, int steps, double alpha, bool uniform, int restarts) : Attack("pgd")
{
    /// <inheritdoc/>
    public override int LeastClasses => objective.LeastClasses;

    /// <inheritdoc/>
    public override int Restarts(int classes) => restarts;

    /// <inheritdoc/>
    public override int Passes(double epsilon) => StepCount.Of(steps, epsilon);

    private protected override Tensor Perturb(Attempt attempt)
    {
        var ball = attempt.Ball;
        var start = uniform ? ball.RandomPoint(attempt.Noise) : ball.MoveByRadius(ball.Centre(), attempt.Noise.Signs(ball.Images), 0.5);
        return ball.Climb(start, images => attempt.Gradient(images, objective), Passes, alpha / 255);
    }
}
