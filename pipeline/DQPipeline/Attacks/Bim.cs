using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The basic iterative method: from x, steps of α·sign(∇L), each clipped to the ball and to [0,1] (paper equation 3).</summary>
/// <param name="steps">Number of steps; 0 takes the paper's for each ε.</param>
/// <param name="alpha">Step size α in pixel units.</param>
internal sealed class Bim(int steps, double alpha) : Attack("bim")
{
    /// <inheritdoc/>
    public override int Gradients(double epsilon) => StepCount.Of(steps, epsilon);

    private protected override Tensor Perturb(Ball ball, LossGradient gradient, Noise noise) =>
        ball.Climb(ball.Centre(), gradient, Gradients, alpha / 255);
}
