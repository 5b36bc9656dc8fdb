using DQPipeline.Targets.Gates;

namespace DQPipeline.Results;

/// <summary>Two measurements of the same images, of which a claim says that one is above the other.</summary>
/// <param name="More">For each image whether it is right in the one that is to be above.</param>
/// <param name="Than">The same of the other, in the same order.</param>
internal sealed record Pair(IReadOnlyList<bool> More, IReadOnlyList<bool> Than)
{
    /// <summary>How they compare, image by image.</summary>
    public PairedComparison Counts { get; } = PairedComparison.Of(More, Than);
}
