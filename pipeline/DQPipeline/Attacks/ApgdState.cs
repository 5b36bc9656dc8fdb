using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The hunted images of an Auto-PGD run, with whence they came, their steps, and the best points that they saw.</summary>
internal sealed class ApgdState : Hunted
{
    private Tensor _before;
    private Tensor _gradient;
    private Tensor _best;
    private Tensor _bestGradient;
    private float[] _sizes;

    /// <summary>All images of an attempt at a random point of their balls' surfaces, with steps of twice the radius.</summary>
    /// <param name="attempt">The run.</param>
    /// <param name="rank">Which of the wrong classes, by the clean logits, is the target; null where there is none.</param>
    public ApgdState(Attempt attempt, int? rank) : base(attempt, OnSurface, rank)
    {
        Tensor Own(Tensor tensor) => tensor.DetachFromDisposeScope();
        (_before, _best) = (Own(Point.clone()), Own(Point.clone()));
        (_gradient, _bestGradient) = (Own(zeros_like(Point)), Own(zeros_like(Point)));
        _sizes = [.. Enumerable.Repeat((float)(2 * Ball.Radius), (int)Classes.shape[0])];
    }

    /// <summary>Takes over the gradient at the point, and notes which of the points are the best so far.</summary>
    public void Arrive(Tensor gradient, IReadOnlyList<bool> isBest)
    {
        _gradient.Dispose();
        _gradient = gradient.DetachFromDisposeScope();
        Copy(isBest, Point, _best);
        Copy(isBest, _gradient, _bestGradient);
    }

    /// <summary>x + a·(Π(x + η·direction) − x) + (1 − a)·(x − x₋₁), projected onto the ball.</summary>
    /// <param name="momentum">a, the share of the new direction.</param>
    public void Step(float momentum)
    {
        using var scope = NewDisposeScope();
        var plain = Ball.Project(Ball.Direction(_gradient.clone()).mul_(Pursuit.Each(_sizes, Point.device)).add_(Point, Number.One));
        var next = plain.sub_(Point).mul_(Number.Of(momentum)).add_(Point, Number.One).add_(Point.sub(_before), Number.Of(1 - momentum));
        _before.Dispose();
        _before = Go(Ball.Project(next));
    }

    /// <summary>Halves the steps of these images, which go on from their best points.</summary>
    public void GoBack(IReadOnlyList<bool> halves)
    {
        Copy(halves, _best, Point);
        Copy(halves, _bestGradient, _gradient);
        for (var i = 0; i < _sizes.Length; i++)
            _sizes[i] = halves[i] ? _sizes[i] / 2 : _sizes[i];
    }

    /// <inheritdoc/>
    public override void Shrink(IReadOnlyList<int> places)
    {
        base.Shrink(places);
        using var scope = NewDisposeScope();
        var index = Pursuit.Numbers(places, Point.device);
        (_before, _gradient, _best, _bestGradient) = (Some(_before, index), Some(_gradient, index), Some(_best, index), Some(_bestGradient, index));
        _sizes = [.. places.Select(place => _sizes[place])];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        foreach (var tensor in (Tensor[])[_before, _gradient, _best, _bestGradient])
            tensor.Dispose();
    }

    /// <summary>From each image in the direction of a point drawn uniformly from a cube, as far as the surface of its ball. By Euclidean length the cube's corners are somewhat preferred, which in an image's hundreds of dimensions makes no difference that counts for a start.</summary>
    private static Tensor OnSurface(Attempt attempt)
    {
        var ball = attempt.Ball;
        var noise = attempt.Noise.Uniform(ball.Images);
        return ball.MoveByRadius(ball.Centre(), noise.div_(Ball.Lengths(noise, ball.Norm)));
    }

    private static void Copy(IReadOnlyList<bool> which, Tensor from, Tensor to)
    {
        using var scope = NewDisposeScope();
        var places = Enumerable.Range(0, which.Count).Where(i => which[i]).ToArray();
        if (places.Length == 0)
            return;
        var index = Pursuit.Numbers(places, from.device);
        to.index_copy_(0, index, from.index_select(0, index));
    }
}
