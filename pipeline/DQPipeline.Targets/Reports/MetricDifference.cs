using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Reports;

/// <summary>What became of a measurement.</summary>
public enum MetricChange
{
    /// <summary>The same images are right.</summary>
    None,

    /// <summary>More are right, beyond chance.</summary>
    Better,

    /// <summary>Fewer are right, beyond chance.</summary>
    Worse,

    /// <summary>Another number, which chance may explain: the 95 % interval of the difference holds 0.</summary>
    Unclear,

    /// <summary>There was no such measurement before.</summary>
    Added,

    /// <summary>There is no such measurement any more.</summary>
    Removed,
}

/// <summary>A measurement at two times, of which it may be missing at one.</summary>
/// <param name="Before">The earlier one.</param>
/// <param name="After">The later one.</param>
public sealed record MetricDifference(MetricRecord? Before, MetricRecord? After)
{
    private PairedComparison? Pairs => Before is null ? null : After?.ComparedWith(Before);

    /// <summary>The measurement, as it is now where it is.</summary>
    public MetricRecord Metric => After ?? Before!;

    /// <summary>The later accuracy less the earlier, −1 to 1; null where one is missing.</summary>
    public double? Difference => After?.Accuracy - Before?.Accuracy;

    /// <summary>Whether both are of the same images, so that they are compared in pairs.</summary>
    public bool IsPaired => Pairs is not null;

    /// <summary>The 95 % interval of <see cref="Difference"/> by Newcombe: in pairs where the images are the same, else as of two samples; null where one is missing.</summary>
    public (double Low, double High)? Interval => (Before, After) is not ({ } before, { } after) ? null
        : Pairs is { } pairs ? pairs.Interval : DifferenceInterval.Of(after.Correct, after.Samples, before.Correct, before.Samples);

    /// <summary>What became of it.</summary>
    public MetricChange Change => (Before, After, Interval) switch
    {
        (null, _, _) => MetricChange.Added,
        (_, null, _) => MetricChange.Removed,
        _ when Pairs is { FirstOnly: 0, SecondOnly: 0 } => MetricChange.None,
        (_, _, { Low: > 0 }) => MetricChange.Better,
        (_, _, { High: < 0 }) => MetricChange.Worse,
        _ => MetricChange.Unclear,
    };
}
