using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>The images behind a measurement, so that it can be laid over, or compared in pairs with, another one of the same images.</summary>
public sealed class MeasuredImages : IEquatable<MeasuredImages>
{
    private readonly LockEntry _entry;
    private string? _sample;

    internal MeasuredImages(IReadOnlyList<bool> right, LockEntry entry) => (Right, _entry) = (right, entry);

    /// <summary>For each image of the sample, in its order, whether it counts as right.</summary>
    public IReadOnlyList<bool> Right { get; }

    /// <summary>What decides which images these are, and in which order: the data's content, the sample's size and its seed.</summary>
    private string Sample => _sample ??= string.Join(
        '\n', _entry.Parts.Where(part => part.Key is "data" or "samples" or "seed" || part.Key.StartsWith("dataset.", StringComparison.Ordinal)).Select(part => $"{part.Key} {part.Value}"));

    /// <summary>Whether both are of the same images in the same order.</summary>
    public bool AreThoseOf(MeasuredImages other) => Right.Count == other.Right.Count && Sample == other.Sample;

    /// <inheritdoc/>
    public bool Equals(MeasuredImages? other) => other is not null && AreThoseOf(other) && Right.SequenceEqual(other.Right);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MeasuredImages);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Right.Count, Right.Count(right => right));

    /// <summary>Those of <paramref name="right"/>, which follow from several measurements of the same images as these.</summary>
    internal MeasuredImages With(IReadOnlyList<bool> right) => new(right, _entry);
}
