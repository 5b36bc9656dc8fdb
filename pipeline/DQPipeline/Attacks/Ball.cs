using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// The set that an attack may search: for each image the ε-ball in the maximum norm, cut with [0,1]. All images share one ε, or each has its own, as in
/// adversarial training. Its tensors belong to the current scope.
/// </summary>
internal sealed class Ball
{
    private readonly Tensor lower;
    private readonly Tensor upper;
    private readonly double radius;
    private readonly Tensor? radii;

    /// <summary>The ball around <paramref name="images"/>.</summary>
    /// <param name="images">float32 N×C×H×W in [0,1].</param>
    /// <param name="epsilon">Strength ε of all images in pixel units.</param>
    public Ball(Tensor images, double epsilon)
    {
        Images = images;
        Strengths = [epsilon];
        radius = epsilon / 255;
        lower = images.sub(Number.Of(radius)).clamp_(Number.Of(0), Number.One);
        upper = images.add(Number.Of(radius), Number.One).clamp_(Number.Of(0), Number.One);
    }

    /// <summary>A ball of its own size around each of <paramref name="images"/>.</summary>
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

    /// <summary>The clean images.</summary>
    public Tensor Images { get; }

    /// <summary>The strength ε of each image in pixel units, the greatest first; a single one is that of all.</summary>
    public IReadOnlyList<double> Strengths { get; }

    /// <summary>A copy of the clean images, to be moved.</summary>
    public Tensor Centre() => Images.clone();

    /// <summary>Adds <paramref name="share"/> · radius · <paramref name="direction"/> to <paramref name="images"/> in place and projects onto the ball; returns the same tensor.</summary>
    public Tensor MoveByRadius(Tensor images, Tensor direction, double share = 1)
    {
        using var scope = NewDisposeScope();
        _ = radii is null ? images.add_(direction, Number.Of(share * radius)) : images.add_(direction.mul(radii), Number.Of(share));
        _ = images.clamp_(lower, upper);
        return images;
    }

    /// <summary>Moves of <paramref name="size"/> along the sign of the gradient, in place; returns the same tensor.</summary>
    /// <param name="images">Where to start.</param>
    /// <param name="gradient">The gradient.</param>
    /// <param name="steps">The number of moves at a strength, none greater at a lower strength; an image that has made its own stands still while others go on.</param>
    /// <param name="size">α/255.</param>
    public Tensor Climb(Tensor images, LossGradient gradient, Func<double, int> steps, double size)
    {
        var counts = Strengths.Select(steps).ToArray();
        for (var step = 0; step < counts[0]; step++)
        {
            using var scope = NewDisposeScope();
            // The strongest images come first and have the most steps: those that go on are the first ones.
            var going = radii is null ? images.shape[0] : counts.Count(count => count > step);
            var (moving, low, high) = (images.narrow(0, 0, going), lower.narrow(0, 0, going), upper.narrow(0, 0, going));
            moving.add_(gradient.Sign(moving), Number.Of(size)).clamp_(low, high);
        }

        return images;
    }
}
