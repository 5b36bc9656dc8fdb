using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>One node of the graph: something with a key, whose result is recorded in dq.lock.</summary>
public abstract class Target
{
    private protected Target(string kind, string id, string name, SourcePlace place, DatasetDeclaration dataset, IReadOnlyList<Target> requires)
    {
        Kind = kind;
        Id = id;
        Name = name;
        Place = place;
        Dataset = dataset;
        Requires = requires;
    }

    /// <summary>The kind, which begins the id: <c>train</c>, <c>quantize</c>, <c>evaluate</c>, <c>distance</c>, <c>certify</c>, <c>samples</c> or <c>package</c>.</summary>
    public string Kind { get; }

    /// <summary>Names the target in dq.lock and to people: <c>train/dq</c>, <c>evaluate/robustness/dq/pgd@8</c>.</summary>
    public string Id { get; }

    /// <summary>The entry's name in dq.json; for a member of a matrix, the member's.</summary>
    public string Name { get; }

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; }

    /// <summary>The data that it reads.</summary>
    public DatasetDeclaration Dataset { get; }

    /// <summary>The targets whose results it reads.</summary>
    public IReadOnlyList<Target> Requires { get; }

    /// <summary>The files that it makes, by name; placed as <see cref="Workspace.OutputPath"/>.</summary>
    public virtual IReadOnlyList<string> Outputs => [];

    /// <summary>The files that it reads besides its data and what it requires, each by the part of the key that holds its content.</summary>
    internal virtual IReadOnlyList<(string Part, string Path)> InputFiles => [];

    /// <summary>All files that lie in its folder: its outputs, and what the front end writes about them.</summary>
    internal virtual IReadOnlyList<string> PlacedFiles => Outputs;

    /// <summary>What the log of its worker is called (<see cref="Workspace.LogPath"/>), where it has one of its own or is the first of those that share it.</summary>
    public virtual string LogName => Id;

    /// <summary>Whether its worker writes checkpoints, from which the next one goes on.</summary>
    internal virtual bool Resumes => false;

    /// <summary>Whether a name that a person gave means this target (among others).</summary>
    internal abstract bool Matches(string selector);

    /// <summary>Every name that <see cref="Matches"/> takes, for "did you mean".</summary>
    internal abstract IEnumerable<string> Names { get; }

    /// <summary>The version of the code that makes it.</summary>
    internal abstract string Version(MethodVersions versions);

    /// <summary>Adds the declaration's own options to a key, with defaults written out and without names.</summary>
    internal abstract void AddOptions(KeyParts parts);

    /// <summary>The part of the key that holds the content of a required target's output.</summary>
    internal virtual string PartOf(Target required) => "model";

    /// <summary>Whether a record says all that this target's result must say; one that does not (edited by hand, from another version) counts for nothing.</summary>
    internal virtual bool Accepts(TargetRecord record) => record.Outputs.Count == Outputs.Count && Outputs.All(name => record.Output(name) is not null);

    /// <summary>Targets that are ready together and have equal batches go to one worker; null for a worker of its own.</summary>
    internal virtual object? Batch => null;

    /// <summary>The matrix whose members' workers do the same work side by side, say <c>train/search</c>; null where it belongs to none.</summary>
    internal virtual string? Matrix => null;

    /// <summary>The job of a worker that makes this target and the others of its batch.</summary>
    internal abstract WorkerJob CreateJob(JobContext context);

    /// <inheritdoc/>
    public override string ToString() => Id;
}
