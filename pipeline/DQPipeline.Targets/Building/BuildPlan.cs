using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Building;

/// <summary>What a build will do for a target.</summary>
public enum PlannedAction
{
    /// <summary>Nothing: the recorded result is that of these inputs.</summary>
    None,

    /// <summary>Put a missing or changed output back from the cache.</summary>
    Restore,

    /// <summary>Record a result that is already known, from the cache or from another target with the same key.</summary>
    Adopt,

    /// <summary>Run a worker.</summary>
    Run,

    /// <summary>Decide once the target that it depends on is done.</summary>
    Wait,

    /// <summary>Nothing: its optional data are absent.</summary>
    Skip,

    /// <summary>Nothing, and take away what is placed: its model fails a gate.</summary>
    Block,

    /// <summary>Fail: its data are missing or unreadable, or the build is locked.</summary>
    Fail,
}

/// <summary>A target, what will be done for it, and why, in words (none where nothing is to be done).</summary>
public sealed record PlannedTarget(Target Target, PlannedAction Action, IReadOnlyList<string> Reasons);

/// <summary>What a build will do, in the order of the declarations, dependencies before dependents.</summary>
public sealed record BuildPlan(IReadOnlyList<PlannedTarget> Targets)
{
    /// <summary>Whether any target needs a worker, or may.</summary>
    public bool NeedsWorkers => Targets.Any(t => t.Action is PlannedAction.Run or PlannedAction.Wait);
}
