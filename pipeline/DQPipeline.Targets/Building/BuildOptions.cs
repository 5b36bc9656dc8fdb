using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Building;

/// <summary>How a build is to be done.</summary>
public sealed record BuildOptions
{
    /// <summary>The versions of the method's code. Required.</summary>
    public required MethodVersions Method { get; init; }

    /// <summary>What to build by the names that <see cref="Graph.TargetGraph.Select"/> takes; none is everything.</summary>
    public IReadOnlyList<string> Select { get; init; } = [];

    /// <summary>Run the selected targets even where they are up to date, but not what they depend on. The default is false.</summary>
    public bool Force { get; init; }

    /// <summary>Take in what a cluster is at work on even where an earlier result stands, as after a forced build whose front end died. The default is false.</summary>
    public bool TakesUp { get; init; }

    /// <summary>Never rewrite dq.lock, and fail where it would be (DQ6005). The default is false.</summary>
    public bool Locked { get; init; }

    /// <summary>Which of the selected targets' outputs to bring into <c>.dq/out</c> even where their recorded results would do, named as in <see cref="Select"/>: something is about to read them. The default is none.</summary>
    public IReadOnlyList<string> Fetch { get; init; } = [];

    /// <summary>Workers at once, from 1; no result depends on it. The default is 1.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>The device kind, <c>cpu</c> or <c>cuda</c>; part of every key. The default is cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The environment, by the names of its variables: credentials and keys of a remote cache. The default is an empty one.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>Fail where another build works in the folder (DQ6007) in the place of waiting for it. The default is false.</summary>
    public bool NoWait { get; init; }

    /// <summary>
    /// The moment before dq.json was read, where the declarations are that file as it stands, with no override and no environment variable in them: only then may what was found be
    /// remembered for <see cref="Standstill"/>. The default is null, for all others.
    /// </summary>
    public DeclarationMoment? AsDeclared { get; init; }
}
