using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Building;

/// <summary>How a target ended in a build.</summary>
public enum Outcome
{
    /// <summary>dq.lock already had the result of these inputs.</summary>
    UpToDate,

    /// <summary>A worker made it.</summary>
    Built,

    /// <summary>The result, or an output that was missing, came from the cache.</summary>
    FromCache,

    /// <summary>dq.lock had the result of these inputs under another name.</summary>
    FromLock,

    /// <summary>Not built: what it needs failed, or its optional data are absent.</summary>
    Skipped,

    /// <summary>Its worker, its data or the writing of its result failed.</summary>
    Failed,

    /// <summary>The build was cancelled before it was done.</summary>
    Cancelled,
}

/// <summary>A target, how it ended, and why where it is not simply done.</summary>
public sealed record TargetResult(Target Target, Outcome Outcome, string? Why)
{
    /// <summary>The error that failed it; null where it did not fail.</summary>
    public Diagnostic? Error { get; init; }
}

/// <summary>How a build ended.</summary>
/// <param name="ExitCode">0 done; 1 a target failed; 2 dq.json is wrong; 3 only a gate failed; 130 cancelled.</param>
/// <param name="Targets">Every target that the build was about, in the order of the plan.</param>
/// <param name="Gates">Every gate on them.</param>
/// <param name="Metrics">The recorded measurements of the evaluation cells among them.</param>
/// <param name="Diagnostics">Everything that was reported, in order.</param>
public sealed record BuildResult(
    int ExitCode,
    IReadOnlyList<TargetResult> Targets,
    IReadOnlyList<GateResult> Gates,
    IReadOnlyList<MetricRecord> Metrics,
    IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>
    /// Whether the next build says the same while no file changes: every target was up to date, and nothing was reported but warnings that follow from what dq.json declares and dq.lock records.
    /// </summary>
    public bool StandsStill { get; init; }

    /// <summary>The result of a build that could not even begin, because of dq.json, dq.lock or what was asked for.</summary>
    public static BuildResult NotBegun(int exitCode, IReadOnlyList<Diagnostic> diagnostics) => new(exitCode, [], [], [], diagnostics);

    /// <summary>How many targets ended so.</summary>
    public int Count(Outcome outcome) => Targets.Count(t => t.Outcome == outcome);
}
