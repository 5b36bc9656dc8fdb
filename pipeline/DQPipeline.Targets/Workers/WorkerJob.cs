using System.Text.Json.Serialization;

namespace DQPipeline.Targets.Workers;

/// <summary>
/// What one worker process is asked to do: one line of JSON on its standard input. Its results must depend on nothing but the job without
/// <see cref="Name"/>, the folders and the cells' ids: equal keys share one result.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TrainJob), "train")]
[JsonDerivedType(typeof(EvaluateJob), "evaluate")]
[JsonDerivedType(typeof(QuantizeJob), "quantize")]
[JsonDerivedType(typeof(PackageJob), "package")]
[JsonDerivedType(typeof(TransferJob), "transfer")]
[JsonDerivedType(typeof(DistanceJob), "distance")]
[JsonDerivedType(typeof(CertifyJob), "certify")]
[JsonDerivedType(typeof(SamplesJob), "samples")]
public abstract record WorkerJob
{
    /// <summary>For people and for the log's name only, say <c>train/dq</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Processor threads, from 1.</summary>
    public required int Threads { get; init; }

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The data set: a <c>DatasetDeclaration</c> as JSON (<c>Declaration.FromJson</c>), its path absolute.</summary>
    public required string Dataset { get; init; }

    /// <summary>Where decoded images are kept for all workers, absolute; null keeps none.</summary>
    public string? ImagesFolder { get; init; }

    /// <summary>A hash of the data set's content as the key has it; null for data that are drawn.</summary>
    public string? DataHash { get; init; }

    /// <summary>SHA-256 of the files that it reads besides its data and models, by their absolute paths, as the key has them; null where there are none.</summary>
    public IReadOnlyDictionary<string, string>? FileHashes { get; init; }

    /// <summary>
    /// The pipeline's folder, absolute, for a worker that starts when perhaps nobody looks at its files: it holds them against their hashes itself (<see cref="WorkerLook"/>). Null where the front end does.
    /// </summary>
    public string? LooksFrom { get; init; }

    /// <summary>Where the worker writes its outputs; it exists and is the worker's own.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>
    /// The keys of the targets that it makes, by their ids: what an executor knows the work by when it outlives the front end. Not sent to the worker; null where nobody outlives it.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string>? Keys { get; init; }

    /// <summary>The matrix whose members do this work side by side, say <c>train/search</c>; null where there is none. Not sent to the worker.</summary>
    [JsonIgnore]
    public string? Matrix { get; init; }

    /// <summary>The same work for some of its targets, at least one; null where it cannot be done by halves.</summary>
    /// <param name="ids">Ids among those of <see cref="Keys"/>.</param>
    internal virtual WorkerJob? Only(IReadOnlySet<string> ids) => null;

    /// <summary>The keys of some of its targets.</summary>
    private protected Dictionary<string, string>? KeysOf(IReadOnlySet<string> ids) => Keys?.Where(one => ids.Contains(one.Key)).ToDictionary();
}

/// <summary>Train one model and write <c>model.safetensors</c>.</summary>
public sealed record TrainJob : WorkerJob
{
    /// <summary>The <c>TrainDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Train { get; init; }

    /// <summary>The target's key, 64 hexadecimal digits: provenance for the model's metadata, and a checkpoint of another key is none.</summary>
    public required string Key { get; init; }

    /// <summary>Where checkpoints lie; it exists. The front end removes it once the result is recorded, the worker never.</summary>
    public required string CheckpointFolder { get; init; }

    /// <summary>The trained model whose weights it starts from, in the place of a file that the declaration names; null for none.</summary>
    public JobModel? Start { get; init; }
}

/// <summary>Measure one model under several attacks; the library and the data are loaded once for all of them.</summary>
public sealed record EvaluateJob : WorkerJob
{
    /// <summary>The model's file, absolute.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model's file, 64 hexadecimal digits, that the worker may hold the bytes against.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>Test images measured, a seeded class-balanced sample; 0 takes all.</summary>
    public required int Samples { get; init; }

    /// <summary>Images a batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Seed of the sample and of random starts. A cell's random numbers depend on this and on its own attack and ε, never on the other cells.</summary>
    public required int Seed { get; init; }

    /// <summary>The detector, a <c>SqueezeDeclaration</c> as JSON, that each cell's result says the judgement of; null for none.</summary>
    public string? Detector { get; init; }

    /// <summary>What to measure, at least one; each result is reported as it is known.</summary>
    public required IReadOnlyList<EvaluateCell> Cells { get; init; }

    internal override WorkerJob Only(IReadOnlySet<string> ids) => this with { Cells = [.. Cells.Where(cell => ids.Contains(cell.Id))], Keys = KeysOf(ids) };
}

/// <summary>One measurement.</summary>
/// <param name="Id">Names the cell in <see cref="CellEvent"/>; nothing else may depend on it.</param>
/// <param name="Attack">The <c>AttackDeclaration</c> as JSON; null measures clean accuracy.</param>
/// <param name="Epsilon">ε in pixel units of 0–255; 0 for clean.</param>
public sealed record EvaluateCell(string Id, string? Attack, double Epsilon);
