using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// A way to search the ε-ball ‖x′ − x‖∞ ≤ ε/255 around an image, within [0,1], for one that the network gets wrong (paper section 2.2.1).
/// Instances hold options and no state: one may be used for many networks and strengths. They come from <see cref="AttackFactory"/>.
/// </summary>
/// <remarks>
/// A result is a function of the network, the image, its class, ε and (seed, sample, restart) alone: noise is drawn for each sample by its own
/// number, so neither the rest of the batch nor what ran before has a say in it. What a strength is scored by is the attack's last iterate, as in
/// the paper, never the worst of the iterates on the way.
/// </remarks>
public abstract class Attack
{
    private protected Attack(string kind) => Kind = kind;

    /// <summary><c>random</c>, <c>fgsm</c>, <c>r+fgsm</c>, <c>bim</c> or <c>pgd</c>.</summary>
    public string Kind { get; }

    /// <summary>Independent runs of which the most harmful counts for each image; 1 for attacks without a random start.</summary>
    public virtual int Restarts => 1;

    /// <summary>How many gradients (one forward and one backward pass each) a run takes at strength <paramref name="epsilon"/>, 0–255.</summary>
    public abstract int Gradients(double epsilon);

    /// <summary>
    /// Attacks every image of a batch once. The network runs in eval mode and its parameters take no gradient meanwhile; both are
    /// as they were afterwards, whatever happens.
    /// </summary>
    /// <param name="network">The network under attack, on the device of the batch.</param>
    /// <param name="batch">The images, which are not changed.</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <param name="seed">Seed of the noise, at least 0.</param>
    /// <param name="restart">Which of the <see cref="Restarts"/> runs this is, from 0; each has noise of its own.</param>
    /// <param name="onGradient">Called after each gradient.</param>
    /// <param name="cancellation">Checked before each gradient.</param>
    /// <exception cref="ArgumentException">The batch is not float32 in [0,1] with an int64 class and a number for each image.</exception>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255, or <paramref name="restart"/> not within the restarts.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public AttackRun Run(
        Classifier network, AttackBatch batch, double epsilon, int seed, int restart = 0,
        Action? onGradient = null, CancellationToken cancellation = default)
    {
        CheckStrength(epsilon);
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        ArgumentOutOfRangeException.ThrowIfNegative(restart);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(restart, Restarts);
        batch.Check(network.Description.Classes);

        using var frozen = new FrozenNetwork(network);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ball = new Ball(batch.Images, epsilon);
        var gradient = new LossGradient(network, batch.Classes, onGradient, cancellation);
        var images = Perturb(ball, gradient, new Noise(seed, restart, batch.Samples));
        var stalled = gradient.Stalled();
        return new AttackRun(images.DetachFromDisposeScope(), stalled);
    }

    /// <summary>
    /// Attacks each image at a strength of its own, as adversarial training does at every step; the network is held as in <see cref="Run"/>. Nothing is
    /// checked, since looking at numbers would make an accelerator wait.
    /// </summary>
    /// <param name="network">The network under attack, on the device of the images.</param>
    /// <param name="images">float32 N×C×H×W in [0,1], which are not changed.</param>
    /// <param name="classes">int64 N, the true classes.</param>
    /// <param name="epsilons">N strengths ε in pixel units, 0 to 255, the greatest first.</param>
    /// <param name="noise">Noise of each image.</param>
    /// <returns>The adversarial images, a new tensor.</returns>
    internal Tensor Perturb(Classifier network, Tensor images, Tensor classes, IReadOnlyList<double> epsilons, Noise noise)
    {
        using var frozen = new FrozenNetwork(network);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradient = new LossGradient(network, classes, onGradient: null, CancellationToken.None);
        return Perturb(new Ball(images, epsilons), gradient, noise).MoveToOuterDisposeScope();
    }

    /// <summary>Makes the adversarial images, a new tensor, from the ball, the gradient and the noise of this run.</summary>
    /// <param name="ball">The ε-ball around the images, within [0,1].</param>
    /// <param name="gradient">Signs of the loss gradient.</param>
    /// <param name="noise">Noise of each sample.</param>
    private protected abstract Tensor Perturb(Ball ball, LossGradient gradient, Noise noise);

    /// <summary>Refuses a strength that is not a number of 0 to 255.</summary>
    internal static void CheckStrength(double epsilon)
    {
        if (!(epsilon is >= 0 and <= 255))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "The strength is given in pixel units, 0 to 255.");
    }
}
