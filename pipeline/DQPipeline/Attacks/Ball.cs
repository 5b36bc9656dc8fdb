using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// The set that an attack may search: for each image the ε-ball in a norm, cut with [0,1]. All images share one ε, or each has its own, as in
/// adversarial training. Its tensors belong to the current scope.
/// </summary>
internal sealed class Ball : IDisposable
{
    /// <summary>What keeps a length from 0 where it divides.</summary>
    private const double Least = 1e-12;

    /// <summary>Numbers between these have squares that float32 holds, and so have those that are thousands of times smaller or greater.</summary>
    private const double Small = 1e-12, Great = 1e12;

    private readonly Tensor? lower;
    private readonly Tensor? upper;
    private readonly Tensor? radii;
    private readonly bool isOwner;

    /// <summary>The ball around <paramref name="images"/>.</summary>
    /// <param name="images">float32 N×C×H×W in [0,1].</param>
    /// <param name="epsilon">Strength ε of all images in pixel units.</param>
    /// <param name="norm">The norm.</param>
    public Ball(Tensor images, double epsilon, Norm norm = Norm.Linf)
    {
        Images = images;
        Strengths = [epsilon];
        Norm = norm;
        if (norm == Norm.L2)
            return;
        lower = images.sub(Number.Of(Radius)).clamp_(Number.Of(0), Number.One);
        upper = images.add(Number.Of(Radius), Number.One).clamp_(Number.Of(0), Number.One);
    }

    /// <summary>A ball of its own size around each of <paramref name="images"/>, in the maximum norm.</summary>
    /// <param name="images">float32 N×C×H×W in [0,1].</param>
    /// <param name="epsilons">N strengths ε in pixel units, none greater than the one before it.</param>
    /// <exception cref="ArgumentException">There are not N strengths, or they rise.</exception>
    public Ball(Tensor images, IReadOnlyList<double> epsilons)
    {
        if (epsilons.Count != images.shape[0])
            throw new ArgumentException($"{images.shape[0]} images need as many strengths, not {epsilons.Count}.");
        if (epsilons.Zip(epsilons.Skip(1), (one, next) => next > one).Any(rises => rises))
            throw new ArgumentException("The strongest image must come first.");
        Images = images;
        Strengths = epsilons;
        radii = tensor(epsilons.Select(epsilon => (float)(epsilon / 255)).ToArray(), [epsilons.Count, 1, 1, 1], device: images.device);
        lower = images.sub(radii).clamp_(Number.Of(0), Number.One);
        upper = images.add(radii, Number.One).clamp_(Number.Of(0), Number.One);
    }

    private Ball(Ball all, Tensor rows)
    {
        (Strengths, Norm, isOwner) = (all.Strengths, all.Norm, true);
        Images = all.Images.index_select(0, rows);
        lower = all.lower?.index_select(0, rows);
        upper = all.upper?.index_select(0, rows);
    }

    /// <summary>The clean images.</summary>
    public Tensor Images { get; }

    /// <summary>The strength ε of each image in pixel units, the greatest first; a single one is that of all.</summary>
    public IReadOnlyList<double> Strengths { get; }

    /// <summary>The norm.</summary>
    public Norm Norm { get; }

    /// <summary>ε/255 of the strongest image.</summary>
    public double Radius => Strengths[0] / 255;

    /// <summary>A copy of the clean images, to be moved.</summary>
    public Tensor Centre() => Images.clone();

    /// <summary>The balls of some of the images, by their numbers int64, which own their tensors; all share one ε.</summary>
    public Ball Of(Tensor rows) => new(this, rows);

    /// <summary>Takes the tensors out of the current scope, for who disposes the ball.</summary>
    public Ball Detach()
    {
        Images.DetachFromDisposeScope();
        lower?.DetachFromDisposeScope();
        upper?.DetachFromDisposeScope();
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lower?.Dispose();
        upper?.Dispose();
        if (isOwner)
            Images.Dispose();
    }

    /// <summary>The direction of length 1 that raises a function with this gradient most: its sign, or the gradient over its Euclidean length. A gradient of 0 has none. In place.</summary>
    public Tensor Direction(Tensor gradient)
    {
        if (Norm == Norm.Linf)
            return gradient.sign_();
        using var scope = NewDisposeScope();
        gradient.div_(Scale(gradient));
        gradient.div_(Lengths(gradient, Norm.L2).clamp_min_(Number.Of(Least)));
        return gradient;
    }

    /// <summary>Adds <paramref name="share"/> · radius · <paramref name="direction"/> to <paramref name="images"/> in place and projects onto the ball; returns the same tensor.</summary>
    public Tensor MoveByRadius(Tensor images, Tensor direction, double share = 1)
    {
        using var scope = NewDisposeScope();
        _ = radii is null ? images.add_(direction, Number.Of(share * Radius)) : images.add_(direction.mul(radii), Number.Of(share));
        return Project(images);
    }

    /// <summary>A point drawn uniformly from each ball; a new tensor.</summary>
    public Tensor RandomPoint(Noise noise) => MoveByRadius(Centre(), Norm == Norm.Linf ? noise.Uniform(Images) : noise.InSphere(Images));

    /// <summary>The nearest points of the balls (in the Euclidean norm: cut to length, then to [0,1], which shortens only), in place; returns the same tensor.</summary>
    public Tensor Project(Tensor images)
    {
        if (Norm == Norm.Linf)
            return images.clamp_(lower!, upper!);
        using var scope = NewDisposeScope();
        using var radius = Number.New(Radius);
        var change = images.sub(Images);
        var share = Lengths(change, Norm.L2).clamp_min_(Number.Of(Least)).reciprocal_().mul_(radius).clamp_max_(Number.One);
        images.copy_(change.mul_(share).add_(Images, Number.One)).clamp_(Number.Of(0), Number.One);
        return images;
    }

    /// <summary>Moves of <paramref name="size"/> along the gradient's direction, in place; returns the same tensor.</summary>
    /// <param name="images">Where to start.</param>
    /// <param name="gradient">The gradient, a new tensor each time.</param>
    /// <param name="steps">The number of moves at a strength, none greater at a lower strength; an image that has made its own stands still while others go on.</param>
    /// <param name="size">α/255.</param>
    public Tensor Climb(Tensor images, Func<Tensor, Tensor> gradient, Func<double, int> steps, double size)
    {
        var counts = Strengths.Select(steps).ToArray();
        for (var step = 0; step < counts[0]; step++)
        {
            using var scope = NewDisposeScope();
            if (radii is null)
            {
                Project(images.add_(Direction(gradient(images)), Number.Of(size)));
                continue;
            }

            // The strongest images come first and have the most steps: those that go on are the first ones.
            var going = counts.Count(count => count > step);
            var (moving, low, high) = (images.narrow(0, 0, going), lower!.narrow(0, 0, going), upper!.narrow(0, 0, going));
            moving.add_(Direction(gradient(moving)), Number.Of(size)).clamp_(low, high);
        }

        return images;
    }

    /// <summary>
    /// What each image's numbers are to be divided by before their squares are taken, N×1×1×1: the greatest of them, where the squares would be 0 or infinite, and 1 of all others, which stay as they are.
    /// </summary>
    public static Tensor Scale(Tensor images)
    {
        using var scope = NewDisposeScope();
        var most = Lengths(images, Norm.Linf);
        var isOrdinary = most.ge(Number.Of(Small)).logical_and_(most.le(Number.Of(Great))).logical_or_(most.eq(Number.Of(0)));
        return where(isOrdinary, ones_like(most), most).MoveToOuterDisposeScope();
    }

    /// <summary>The norm of each image, N×1×1×1.</summary>
    public static Tensor Lengths(Tensor images, Norm norm)
    {
        using var scope = NewDisposeScope();
        var flat = images.flatten(1);
        return (norm == Norm.L2 ? flat.norm(1, keepdim: true, p: 2) : flat.abs().amax([1L], keepdim: true)).view(-1, 1, 1, 1).MoveToOuterDisposeScope();
    }
}
