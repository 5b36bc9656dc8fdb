using DQPipeline.Attacks.Objectives;
using DQPipeline.Evaluation;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Auto-PGD (Croce and Hein 2020, algorithm 1): steps with momentum from a random point, whose length begins at twice the radius and is halved, image by image, where the objective
/// no longer rises (<see cref="ApgdSchedule"/>). It has no parameter to be tuned, and stands by its best point instead of its last.
/// </summary>
/// <param name="kind"><c>apgd-ce</c>, <c>apgd-dlr</c> or <c>apgd-t</c>.</param>
/// <param name="objective">What is raised.</param>
/// <param name="steps">Number of steps.</param>
/// <param name="restarts">Independent starts.</param>
/// <param name="targets">Wrong classes that a targeted objective is led to, one a run, the most likely first; at most all of them.</param>
internal sealed class Apgd(string kind, Objective objective, int steps, int restarts, int targets) : Attack(kind)
{
    /// <summary>Share of the new direction against the old one.</summary>
    private const float Momentum = 0.75f;

    /// <inheritdoc/>
    public override int LeastClasses => objective.LeastClasses;

    /// <inheritdoc/>
    internal override bool Shrinks => true;

    /// <inheritdoc/>
    public override int Restarts(int classes) => restarts * TargetsOf(classes);

    /// <summary>A gradient at the start and after each step; a targeted run asks for the clean logits too.</summary>
    public override int Passes(double epsilon) => steps + 1 + (objective.IsTargeted ? 1 : 0);

    private protected override Tensor Perturb(Attempt attempt)
    {
        var pursuit = new Pursuit(attempt);
        using var hunt = new ApgdState(attempt, objective.IsTargeted ? attempt.Restart % TargetsOf(attempt.Victim.Classes) : null);
        var look = Look(attempt, pursuit, hunt);
        var schedule = new ApgdSchedule(steps, look.Values);
        // The start is the best point so far, of every image.
        hunt.Arrive(look.Gradient, [.. Enumerable.Repeat(true, look.Values.Length)]);
        for (var step = 0; step < steps; step++)
        {
            if (look.Left is { } left)
            {
                if (left.Length == 0)
                    break;
                hunt.Shrink(left);
                schedule.Shrink(left);
            }

            hunt.Step(step == 0 ? 1 : Momentum);
            look = Look(attempt, pursuit, hunt);
            hunt.Arrive(look.Gradient, schedule.Take(look.Values));
            if (schedule.LookBack() is { } halves)
                hunt.GoBack(halves);
        }

        return pursuit.Found;
    }

    private int TargetsOf(int classes) => objective.IsTargeted ? Math.Min(targets, classes - 1) : 1;

    /// <summary>The objective where the images are: its values, its gradient, and the images that are left to hunt.</summary>
    private Sight Look(Attempt attempt, Pursuit pursuit, ApgdState hunt)
    {
        using var scope = NewDisposeScope();
        var (logits, gradient) = attempt.Victim.Follow(hunt.Point, z => objective.Slope(z, hunt.Classes, hunt.Targets));
        attempt.Watch(Pursuit.Numbers(pursuit.Rows, gradient.device), logits, gradient);
        var values = Predictor.ToArray<float>(objective.Value(logits, hunt.Classes, hunt.Targets));
        var left = pursuit.Keep(hunt.Point, Pursuit.Wrong(logits, hunt.Classes), values);
        return new Sight(values, gradient.DetachFromDisposeScope(), left);
    }

    private readonly record struct Sight(float[] Values, Tensor Gradient, int[]? Left);
}
