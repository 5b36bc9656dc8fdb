using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The images of a run that are still hunted: their balls, where they are, their classes. Owns its tensors, which shrink together.</summary>
internal class Hunted : IDisposable
{
    private readonly Ball _whole;

    /// <summary>All images of an attempt.</summary>
    /// <param name="attempt">The run.</param>
    /// <param name="start">Gives the points at which they begin, a new tensor.</param>
    /// <param name="rank">Which of the wrong classes, by the clean logits, is the target; null where there is none.</param>
    public Hunted(Attempt attempt, Func<Attempt, Tensor> start, int? rank)
    {
        using var scope = NewDisposeScope();
        _whole = Ball = attempt.Ball;
        (Classes, Point) = (attempt.Classes.clone(), start(attempt));
        if (rank is { } chosen)
        {
            var logits = attempt.Victim.Logits(Ball.Images);
            (Targets, Astray) = (Pursuit.Target(logits, Classes, chosen), Pursuit.Wrong(logits, Classes));
        }

        // Only now: a pass may be cancelled, and what was made before it belongs to nobody yet.
        Classes.DetachFromDisposeScope();
        Point.DetachFromDisposeScope();
        Targets?.DetachFromDisposeScope();
    }

    /// <summary>Their balls.</summary>
    public Ball Ball { get; private set; }

    /// <summary>Where they are.</summary>
    public Tensor Point { get; private set; }

    /// <summary>int64, their true classes.</summary>
    public Tensor Classes { get; private set; }

    /// <summary>int64, the classes that they are led to; null where these are none in particular.</summary>
    public Tensor? Targets { get; private set; }

    /// <summary>Which of the images were misclassified before any step, in the order of all; none told where there are no targets, for which the network is asked.</summary>
    public IReadOnlyList<bool> Astray { get; } = [];

    /// <summary>Moves them; the new point is taken over, and the old one given back, for the caller to dispose.</summary>
    public Tensor Go(Tensor point)
    {
        var before = Point;
        Point = point.DetachFromDisposeScope();
        return before;
    }

    /// <summary>Goes on with the images at these places alone.</summary>
    public virtual void Shrink(IReadOnlyList<int> places)
    {
        using var scope = NewDisposeScope();
        var index = Pursuit.Numbers(places, Point.device);
        var ball = Ball.Of(index).Detach();
        DisposeBall();
        (Ball, Point, Classes, Targets) = (ball, Some(Point, index), Some(Classes, index), Targets is null ? null : Some(Targets, index));
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DisposeBall();
        Point.Dispose();
        Classes.Dispose();
        Targets?.Dispose();
    }

    /// <summary>Some of a tensor's images, in place of all.</summary>
    protected static Tensor Some(Tensor all, Tensor index)
    {
        var some = all.index_select(0, index).DetachFromDisposeScope();
        all.Dispose();
        return some;
    }

    private void DisposeBall()
    {
        // The one of all images is the run's.
        if (!ReferenceEquals(Ball, _whole))
            Ball.Dispose();
    }
}
