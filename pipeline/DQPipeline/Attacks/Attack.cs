using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// A way to search the ε-ball ‖x′ − x‖ ≤ ε/255 around an image, within [0,1], for one that the network gets wrong (paper section 2.2.1).
/// Instances hold options and no state: one may be used for many networks and strengths. They come from <see cref="AttackFactory"/>.
/// </summary>
/// <remarks>
/// A result is a function of the network, the image, its class, ε and (seed, sample, restart) alone: noise is drawn for each sample by its own
/// number, so neither the rest of the batch nor what ran before has a say in it. What the paper's attacks are scored by is their last iterate, as in the paper, never the worst
/// of the iterates on the way; the others, by their definition, stand by the worst.
/// </remarks>
public abstract class Attack
{
    private protected Attack(string kind) => Kind = kind;

    /// <summary>The word of dq.json, one of <see cref="AttackFactory.Kinds"/>.</summary>
    public string Kind { get; }

    /// <summary>The norm of the ball. The default is the maximum norm.</summary>
    public Norm Norm { get; internal init; }

    /// <summary>What quantizers let through backwards while the attack runs. The default is what they do in training.</summary>
    public BackwardPass Backward { get; internal init; }

    /// <summary>Passes of which each answer is the mean, for networks that answer the same image differently. The default is 1.</summary>
    internal int Averaged { get; init; } = 1;

    /// <summary>Attacks that are made one after the other, each on the images that the ones before have left standing: this one alone, unless it is made of several.</summary>
    public virtual IReadOnlyList<Attack> Parts => [this];

    /// <summary>Classes below which the attack has no meaning.</summary>
    public virtual int LeastClasses => 2;

    /// <summary>Whether images that are misclassified on the way are done with, so that a batch shrinks: its images need no particular number.</summary>
    internal virtual bool Shrinks => false;

    /// <summary>Whether the attack follows a gradient, so that it matters what quantizers let through backwards.</summary>
    internal virtual bool TakesGradient => true;

    /// <summary>Independent runs on a network of so many classes, of which the most harmful counts for each image; 1 for attacks without a random start.</summary>
    public virtual int Restarts(int classes) => 1;

    /// <summary>How many passes of an image through the network a run takes at most at strength <paramref name="epsilon"/>, 0–255; a gradient counts as one, and so does the mean of several (<c>average</c>).</summary>
    public abstract int Passes(double epsilon);

    /// <summary>The same of a run whose images are for other networks.</summary>
    internal virtual int PassesForOthers(double epsilon) => Passes(epsilon);

    /// <summary>
    /// Attacks every image of a batch once. The network runs in eval mode and its parameters take no gradient meanwhile; both are
    /// as they were afterwards, whatever happens.
    /// </summary>
    /// <param name="network">The network under attack, on the device of the batch.</param>
    /// <param name="batch">The images, which are not changed.</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <param name="seed">Seed of the noise, at least 0.</param>
    /// <param name="restart">Which of the <see cref="Restarts"/> runs this is, from 0; each has noise, or a target, of its own.</param>
    /// <param name="stopsWhenWrong">Whether an image is done with once it is misclassified; false searches on for the most harmful image, by the attack's own measure.</param>
    /// <param name="forOthers">Whether the images are to be shown to other networks: searches on as well, and to FAB-T, whose own measure is the smallest change, the widest margin in the ball counts.</param>
    /// <param name="onPass">Told the number of images after each pass.</param>
    /// <param name="cancellation">Checked before each pass.</param>
    /// <exception cref="ArgumentException">The batch is not float32 in [0,1] with an int64 class and a number for each image, or the attack is made of several.</exception>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255, or <paramref name="restart"/> not within the restarts.</exception>
    /// <exception cref="DqException">DQ2005: the network has fewer classes than the attack needs.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public AttackRun Run(
        Classifier network, AttackBatch batch, double epsilon, int seed, int restart = 0, bool stopsWhenWrong = true, bool forOthers = false,
        Action<int>? onPass = null, CancellationToken cancellation = default)
    {
        CheckStrength(epsilon);
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        ArgumentOutOfRangeException.ThrowIfNegative(restart);
        CheckClasses(network.Description.Classes);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(restart, Restarts(network.Description.Classes));
        batch.Check(network.Description.Classes);

        using var frozen = new FrozenNetwork(network, Backward);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var attempt = new Attempt(
            new Victim(network, Averaged, onPass, cancellation), new Ball(batch.Images, epsilon, Norm), batch.Classes, new Noise(seed, restart, batch.Samples))
        {
            Restart = restart,
            StopsWhenWrong = stopsWhenWrong && !forOthers,
            IsForOthers = forOthers,
        };
        var images = Perturb(attempt);
        var stalled = attempt.Stalled();
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
        using var frozen = new FrozenNetwork(network, Backward);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var victim = new Victim(network, Averaged, onPass: null, CancellationToken.None);
        return Perturb(new Attempt(victim, new Ball(images, epsilons), classes, noise)).MoveToOuterDisposeScope();
    }

    /// <summary>Makes the adversarial images, a new tensor.</summary>
    private protected abstract Tensor Perturb(Attempt attempt);

    /// <summary>Refuses a strength that is not a number of 0 to 255.</summary>
    internal static void CheckStrength(double epsilon)
    {
        if (!(epsilon is >= 0 and <= 255))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "The strength is given in pixel units, 0 to 255.");
    }

    /// <summary>Refuses a network of too few classes.</summary>
    internal void CheckClasses(int classes)
    {
        if (classes < LeastClasses)
            throw new DqException(DiagnosticCodes.DataUnfit, $"The attack {Kind} compares {LeastClasses} classes, and the network has {classes}; use apgd-ce, or pgd with the loss \"margin\".");
    }
}
