using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Defenses;

/// <summary>
/// Adversarial training (paper sections 2.2.2 and 5.2; Madry et al. 2017): before each step, images of the batch give way to adversarial versions, made on the
/// weights of that moment by the same attacks that evaluation uses. Every ε and all noise follow from (seed, epoch, image), so that
/// a training that was interrupted meets the very same examples.
/// </summary>
/// <remarks>
/// The examples are made on the network as it will be used: in eval mode, where batch norm goes by its running statistics. These so stand still, and an image's
/// example depends on that image alone and not on its batch.
/// </remarks>
internal sealed class AdversarialTraining
{
    private readonly AdversarialDeclaration options;
    private readonly int seed;
    private readonly Attack attack;

    private AdversarialTraining(AdversarialDeclaration options, int seed)
    {
        Require(options.Kind is "fgsm" or "r+fgsm" or "pgd", $"kind is '{options.Kind}'; it must be none, fgsm, r+fgsm or pgd.");
        Require(options.Epsilon is >= 0 and <= 255, FormattableString.Invariant($"epsilon is {options.Epsilon}; it must be 0 (drawn per image) to 255 pixel units."));
        Require(options.Delta is >= 0.001 and <= 127.5, FormattableString.Invariant($"delta is {options.Delta}; it must be 0.001 to 127.5 pixel units."));
        Require(options.Share is >= 0.01 and <= 1, FormattableString.Invariant($"share is {options.Share}; it must be 0.01 to 1."));
        (this.options, this.seed) = (options, seed);
        attack = AttackFactory.Create(new AttackDeclaration { Kind = options.Kind, Steps = options.Steps, Alpha = options.Alpha, Start = options.Start });
    }

    /// <summary>The adversary that <paramref name="options"/> describe; null where images stay clean.</summary>
    /// <exception cref="DqException">DQ1004: an unknown kind or start, or an option out of its range.</exception>
    public static AdversarialTraining? Of(AdversarialDeclaration options, int seed) => options.IsActive ? new AdversarialTraining(options, seed) : null;

    /// <summary>
    /// The batch with its first images, as many as the declared share says (rounded, halves up), made adversarial: the order of a batch is
    /// drawn anew in every epoch, so that all images have their turn.
    /// </summary>
    /// <param name="network">The network in training; it is left in the mode in which it was.</param>
    /// <param name="images">float32 N×C×H×W in [0,1], which are not changed.</param>
    /// <param name="labels">int64 N, the true classes.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="indices">The N images' numbers in the data set.</param>
    /// <returns>A new tensor N×C×H×W in [0,1].</returns>
    public Tensor Attack(Classifier network, Tensor images, Tensor labels, int epoch, IReadOnlyList<int> indices)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var result = images.clone();
        var attacked = (int)Math.Round(options.Share * indices.Count, MidpointRounding.AwayFromZero);
        if (attacked == 0)
            return result.MoveToOuterDisposeScope();
        var strengths = indices.Take(attacked).Select(image => Strength(epoch, image)).ToArray();
        // The strongest first, as the attack wants them: those that still have steps to make are then always the first ones.
        var order = Enumerable.Range(0, attacked).OrderByDescending(i => strengths[i]).ToArray();
        var places = tensor(Array.ConvertAll(order, i => (long)i), device: images.device);
        var noise = new Noise(seed, epoch, Array.ConvertAll(order, i => indices[i]), RandomPurpose.AdversarialNoise);
        var examples = attack.Perturb(network, images.index_select(0, places), labels.index_select(0, places), Array.ConvertAll(order, i => strengths[i]), noise);
        result.index_copy_(0, places, examples);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>The strength ε of an image in an epoch, in pixel units: the declared one, or |N(0, δ)| clipped to [0, 2δ].</summary>
    internal double Strength(int epoch, int image) => options.Epsilon > 0
        ? options.Epsilon
        : Math.Min(options.Delta * Math.Abs(new SeededRandom(seed, RandomPurpose.AdversarialStrength, epoch, image).NextNormal()), 2 * options.Delta);

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new DqException(DiagnosticCodes.OutOfRange, $"Adversarial training: {message}");
    }
}
