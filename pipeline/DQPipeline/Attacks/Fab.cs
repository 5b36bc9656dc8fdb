using DQPipeline.Attacks.Objectives;
using DQPipeline.Evaluation;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Targeted fast adaptive boundary attack, FAB-T (Croce and Hein 2020, "Minimally distorted adversarial examples with a fast adaptive boundary attack"): takes the boundary between the true class and a
/// target for a hyperplane, goes to the point of it that is nearest, biased towards the image, and back towards the image once it is across. It looks for the smallest
/// perturbation whatever ε is, so a gradient that misleads only about its length misleads it not. For other networks, its ways are gone on to the surface of the ball; an image that is misclassified to begin with stays as it is.
/// </summary>
/// <param name="steps">Number of steps.</param>
/// <param name="restarts">Independent runs; the first begins at the image, the others at random points.</param>
/// <param name="targets">Wrong classes that are tried, one a run, the most likely first; at most all of them.</param>
internal sealed class Fab(int steps, int restarts, int targets) : Attack("fab-t")
{
    /// <summary>How far beyond the hyperplane a step goes.</summary>
    private const double Overshoot = 1.05;

    /// <summary>The greatest share that the image's own projection has in a step.</summary>
    private const double MostBias = 0.1;

    /// <summary>How much of the way from the image is left when it is across.</summary>
    private const double Back = 0.9;

    /// <summary>What keeps the ways' lengths from 0.</summary>
    private const double Shortest = 1e-8;

    private static readonly Towards s_objective = new();

    private static readonly Margin s_margin = new();

    /// <inheritdoc/>
    internal override bool Shrinks => true;

    /// <inheritdoc/>
    public override int Restarts(int classes) => restarts * Math.Min(targets, classes - 1);

    /// <summary>A gradient and a look at the new point in each step, and the clean logits.</summary>
    public override int Passes(double epsilon) => (2 * steps) + 1;

    /// <summary>And a look at the surface of the ball.</summary>
    internal override int PassesForOthers(double epsilon) => (3 * steps) + 1;

    private protected override Tensor Perturb(Attempt attempt)
    {
        var pursuit = new Pursuit(attempt);
        var tried = Math.Min(targets, attempt.Victim.Classes - 1);
        var isFirst = attempt.Restart < tried;
        using var hunted = new Hunted(attempt, of => isFirst ? of.Ball.Centre() : of.Ball.RandomPoint(of.Noise), attempt.Restart % tried);
        // Where the image itself is misclassified, no perturbation is the smallest. From there, steps would only hop over the boundary by less and less, until rounding chose the side.
        if (pursuit.Keep(hunted.Ball.Images, hunted.Astray, [.. hunted.Astray.Select(isAstray => isAstray ? float.PositiveInfinity : float.NegativeInfinity)]) is { } hale)
        {
            if (hale.Length == 0)
                return pursuit.Found;
            hunted.Shrink(hale);
        }

        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var point = Step(attempt, pursuit, hunted);
            var logits = attempt.Victim.Logits(point);
            var across = Pursuit.Wrong(logits, hunted.Classes);
            var length = Predictor.ToArray<float>(Ball.Lengths(point.sub(hunted.Ball.Images), hunted.Ball.Norm));
            bool[] broken = [.. across.Zip(length, (isAcross, far) => isAcross && far <= hunted.Ball.Radius)];
            float[] harm = attempt.IsForOthers
                ? [.. broken.Zip(Margins(logits, hunted.Classes), (isBroken, margin) => isBroken ? margin : float.NegativeInfinity)]
                : [.. across.Zip(length, (isAcross, far) => isAcross ? -far : float.NegativeInfinity)];
            var left = pursuit.Keep(hunted.Ball.Project(point.clone()), broken, harm);
            if (attempt.IsForOthers)
                KeepSurface(attempt, pursuit, hunted, point, length);
            // Those across come back towards the image.
            var share = Pursuit.Each([.. across.Select(isAcross => isAcross ? (float)Back : 1f)], point.device);
            hunted.Go(point.sub_(hunted.Ball.Images).mul_(share).add_(hunted.Ball.Images, Number.One)).Dispose();
            if (left is { Length: 0 })
                break;
            if (left is not null)
                hunted.Shrink(left);
        }

        return pursuit.Found;
    }

    /// <summary>Keeps the points at which the ways from the images to <paramref name="point"/> leave the balls, where their margins are wider than what was found.</summary>
    private static void KeepSurface(Attempt attempt, Pursuit pursuit, Hunted hunted, Tensor point, float[] length)
    {
        using var scope = NewDisposeScope();
        var ball = hunted.Ball;
        var share = Pursuit.Each([.. length.Select(far => (float)Math.Max(1, ball.Radius / Math.Max(far, Shortest)))], point.device);
        var surface = ball.Project(point.sub(ball.Images).mul_(share).add_(ball.Images, Number.One));
        var logits = attempt.Victim.Logits(surface);
        _ = pursuit.Keep(surface, Pursuit.Wrong(logits, hunted.Classes), Margins(logits, hunted.Classes));
    }

    private static float[] Margins(Tensor logits, Tensor classes) => Predictor.ToArray<float>(s_margin.Value(logits, classes, null));

    /// <summary>The point across the boundary where it would be a plane, between the nearest to where the image is and the nearest to the image itself.</summary>
    private static Tensor Step(Attempt attempt, Pursuit pursuit, Hunted hunted)
    {
        using var scope = NewDisposeScope();
        var (images, norm) = (hunted.Ball.Images, hunted.Ball.Norm);
        var (logits, gradient) = attempt.Victim.Follow(hunted.Point, z => s_objective.Slope(z, hunted.Classes, hunted.Targets));
        attempt.Watch(Pursuit.Numbers(pursuit.Rows, gradient.device), logits, gradient);
        // The plane f(x₁) + ⟨∇f, x − x₁⟩ = 0, from the point x₁ and from the image.
        var value = s_objective.Value(logits, hunted.Classes, hunted.Targets);
        var ahead = BoxHyperplane.Way(hunted.Point, gradient, value.neg(), norm);
        var home = BoxHyperplane.Way(images, gradient, gradient.mul(hunted.Point.sub(images)).flatten(1).sum(1).sub_(value), norm);
        var (near, far) = (Ball.Lengths(ahead, norm).clamp_min_(Number.Of(Shortest)), Ball.Lengths(home, norm).clamp_min_(Number.Of(Shortest)));
        var bias = near.div(near.add(far, Number.One)).clamp_max_(Number.Of(MostBias));
        var fromPoint = hunted.Point.add(ahead, Number.Of(Overshoot));
        var fromImage = images.add(home, Number.Of(Overshoot));
        return fromImage.sub_(fromPoint).mul_(bias).add_(fromPoint, Number.One).clamp_(Number.Of(0), Number.One).MoveToOuterDisposeScope();
    }
}
