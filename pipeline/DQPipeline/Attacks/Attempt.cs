using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>One run of an attack on a batch: the network, the balls that may be searched, the noise. Its tensors belong to the scope in which it is made.</summary>
/// <param name="victim">The network.</param>
/// <param name="ball">The balls around the N images.</param>
/// <param name="classes">int64 N, the true classes.</param>
/// <param name="noise">Noise of each sample.</param>
internal sealed class Attempt(Victim victim, Ball ball, Tensor classes, Noise noise)
{
    private readonly Tensor _alive = ones_like(classes, dtype: ScalarType.Bool);

    /// <summary>The network.</summary>
    public Victim Victim { get; } = victim;

    /// <summary>The balls around the images.</summary>
    public Ball Ball { get; } = ball;

    /// <summary>int64 N, the true classes.</summary>
    public Tensor Classes { get; } = classes;

    /// <summary>Noise of each sample.</summary>
    public Noise Noise { get; } = noise;

    /// <summary>Which of several runs this is, from 0.</summary>
    public int Restart { get; init; }

    /// <summary>Whether an image is done with once it is misclassified, where an attack does not stand by its last iterate.</summary>
    public bool StopsWhenWrong { get; init; }

    /// <summary>Whether the images are to be shown to other networks, on which one that is just across this network's boundary is likely not to be.</summary>
    public bool IsForOthers { get; init; }

    /// <summary>The objective's gradient at <paramref name="images"/>, of their shape, in the current scope. Fewer images than classes are the first of the batch.</summary>
    public Tensor Gradient(Tensor images, Objective objective)
    {
        using var scope = NewDisposeScope();
        var index = Classes.narrow(0, 0, images.shape[0]);
        var (logits, gradient) = Victim.Follow(images, answer => objective.Slope(answer, index, null));
        Note(_alive.narrow(0, 0, images.shape[0]), logits, index, gradient);
        return gradient.MoveToOuterDisposeScope();
    }

    /// <summary>Remembers which of <paramref name="rows"/>, numbers int64 of images, are right and have a gradient of zero in every pixel.</summary>
    public void Watch(Tensor rows, Tensor logits, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var alive = _alive.index_select(0, rows);
        Note(alive, logits, Classes.index_select(0, rows), gradient);
        _alive.index_copy_(0, rows, alive);
    }

    /// <summary>For each image, whether its gradient was zero in every pixel at some step at which it was right.</summary>
    public bool[] Stalled()
    {
        using var scope = NewDisposeScope();
        return _alive.logical_not().cpu().data<bool>().ToArray();
    }

    /// <summary>An image that is wrong has been broken already, and may have no gradient by right: the difference of logits ratio is 1 all around where the true class ranks third.</summary>
    private static void Note(Tensor alive, Tensor logits, Tensor classes, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        alive.logical_and_(gradient.flatten(1).any(1, false).logical_or_(logits.argmax(1).ne(classes)));
    }
}
