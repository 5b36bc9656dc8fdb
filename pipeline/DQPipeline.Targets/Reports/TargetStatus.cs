using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>How a target stands.</summary>
public enum TargetState
{
    /// <summary>dq.lock has the result of these inputs.</summary>
    UpToDate,

    /// <summary>dq.lock has the result of other inputs, or an output is missing or changed.</summary>
    Stale,

    /// <summary>dq.lock has no result.</summary>
    NeverBuilt,

    /// <summary>It will not be built: its optional data are absent.</summary>
    Skipped,

    /// <summary>It cannot be built: its data are missing or unreadable.</summary>
    Broken,
}

/// <summary>A target, how it stands, and why, in words.</summary>
public sealed record TargetStatus(Target Target, TargetState State, IReadOnlyList<string> Reasons);

/// <summary>All that is known of a target without running anything.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="Key">Its key; null where it depends on a target that is not done.</param>
/// <param name="Parts">What the key is made of, sorted by name; values are JSON. None without a key.</param>
/// <param name="Feeds">The targets that read its result.</param>
/// <param name="Outputs">The outputs that dq.lock records.</param>
public sealed record TargetExplanation(
    TargetStatus Status, string? Key, IReadOnlyList<KeyValuePair<string, string>> Parts, IReadOnlyList<Target> Feeds, IReadOnlyList<TargetOutput> Outputs);
