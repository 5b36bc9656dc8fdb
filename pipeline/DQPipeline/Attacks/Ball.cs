using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>The set that an attack may search: for each image the ε-ball in the maximum norm, cut with [0,1]. Its tensors belong to the current scope.</summary>
internal sealed class Ball
{
    private readonly Tensor lower;
    private readonly Tensor upper;

    /// <summary>The ball around <paramref name="images"/>.</summary>
    /// <param name="images">float32 N×C×H×W in [0,1].</param>
    /// <param name="radius">ε/255.</param>
    public Ball(Tensor images, double radius)
    {
        Images = images;
        Radius = radius;
        lower = (images - radius).clamp_(0, 1);
        upper = (images + radius).clamp_(0, 1);
    }

    /// <summary>The clean images.</summary>
    public Tensor Images { get; }

    /// <summary>ε/255.</summary>
    public double Radius { get; }

    /// <summary>A copy of the clean images, for <see cref="Move"/> to change.</summary>
    public Tensor Centre() => Images.clone();

    /// <summary>Adds <paramref name="size"/> · <paramref name="direction"/> to <paramref name="images"/> in place and projects onto the ball; returns the same tensor.</summary>
    public Tensor Move(Tensor images, Tensor direction, double size) => images.add_(direction, size).clamp_(lower, upper);

    /// <summary><paramref name="steps"/> moves of <paramref name="size"/> along the sign of the gradient, in place; returns the same tensor.</summary>
    public Tensor Climb(Tensor images, LossGradient gradient, int steps, double size)
    {
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            Move(images, gradient.Sign(images), size);
        }

        return images;
    }
}
