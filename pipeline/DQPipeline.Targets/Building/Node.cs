using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Building;

/// <summary>A target in a build: what was decided for it, and how it ended.</summary>
internal sealed class Node(Target target, IReadOnlyList<Node> requires)
{
    public Target Target { get; } = target;

    public IReadOnlyList<Node> Requires { get; } = requires;

    /// <summary>To be run even where it is up to date.</summary>
    public bool Forced { get; set; }

    /// <summary>How often its known result did not stand once it was to be put in its place.</summary>
    public int Relapses { get; set; }

    /// <summary>Something is about to read its outputs: a record of them does not suffice.</summary>
    public bool Demanded { get; set; }

    public PlannedAction Action { get; set; }

    public IReadOnlyList<string> Reasons { get; set; } = [];

    /// <summary>The key; null where it depends on a target that is not done.</summary>
    public string? Key { get; set; }

    public IReadOnlyList<KeyValuePair<string, string>> Parts { get; set; } = [];

    /// <summary>A part of the key, which is JSON text; null where it has none of this name.</summary>
    public string? Part(string name) => Parts.FirstOrDefault(part => part.Key == name).Value;

    /// <summary>The result of <see cref="Key"/>, where it is known.</summary>
    public TargetRecord? Record { get; set; }

    /// <summary>Whether <see cref="Record"/> comes from the cache, and not from dq.lock.</summary>
    public bool FromCache { get; set; }

    /// <summary>Whether <see cref="Record"/> comes from the remote cache, whose outputs come with it.</summary>
    public bool FromRemote { get; set; }

    /// <summary>Outputs to be copied to their places from the cache.</summary>
    public IReadOnlyList<TargetOutput> ToPlace { get; set; } = [];

    /// <summary>Why it fails, or has failed.</summary>
    public Diagnostic? Error { get; set; }

    public Outcome? Outcome { get; set; }

    public string? Why { get; set; }

    /// <summary>Whether its result stands: it is done, or nothing or little is to be done for it.</summary>
    public bool HasResult => Outcome is { } outcome ? outcome is not (Building.Outcome.Skipped or Building.Outcome.Failed or Building.Outcome.Cancelled)
        : Action is PlannedAction.None or PlannedAction.Restore or PlannedAction.Adopt;

    public bool Succeeded => Outcome is not null && HasResult;
}
