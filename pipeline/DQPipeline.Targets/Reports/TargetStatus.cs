using DQPipeline.Targets.Graph;

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
