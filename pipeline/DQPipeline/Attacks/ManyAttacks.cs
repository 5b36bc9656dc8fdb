using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Attacks made one after the other, each on the images that still stand: AutoAttack in its standard form (Croce and Hein 2020: Auto-PGD on the cross entropy, targeted Auto-PGD on the
/// difference of logits ratio, FAB-T and Square), or one attack with every backward pass. What is left standing is the worst case of all of them, image by image.
/// </summary>
/// <param name="kind">The word of dq.json.</param>
/// <param name="parts">The attacks, none of which has parts of its own.</param>
internal sealed class ManyAttacks(string kind, IReadOnlyList<Attack> parts) : Attack(kind)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Attack> Parts => parts;

    /// <inheritdoc/>
    public override int LeastClasses => parts.Max(part => part.LeastClasses);

    /// <summary>None of its own.</summary>
    public override int Passes(double epsilon) => 0;

    private protected override Tensor Perturb(Attempt attempt) => throw new ArgumentException("The attack is made of several, which are run one by one.");
}
