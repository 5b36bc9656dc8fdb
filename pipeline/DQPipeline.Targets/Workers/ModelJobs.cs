namespace DQPipeline.Targets.Workers;

/// <summary>A model that a worker reads.</summary>
/// <param name="Name">Its name in dq.json. Only jobs whose files name the models may let a result depend on it.</param>
/// <param name="Path">Its file, absolute.</param>
/// <param name="Sha256">SHA-256 of the file, 64 hexadecimal digits, that the worker may hold the bytes against.</param>
public sealed record JobModel(string Name, string Path, string Sha256);

/// <summary>Make the integer model of a trained one, write it as <c>model.onnx</c>, and compare the two.</summary>
public sealed record QuantizeJob : WorkerJob
{
    /// <summary>The <c>QuantizeDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Quantize { get; init; }

    /// <summary>The target's key, which the file records.</summary>
    public required string Key { get; init; }

    /// <summary>The trained model.</summary>
    public required JobModel Model { get; init; }
}

/// <summary>Write a model in the formats that a package declares, each by the name of <c>PackageTarget</c>, and load each again.</summary>
public sealed record PackageJob : WorkerJob
{
    /// <summary>The <c>PackageDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Package { get; init; }

    /// <summary>The model, integer or trained.</summary>
    public required JobModel Model { get; init; }
}

/// <summary>
/// Make adversarial images on one model and score others on them: black-box attacks (paper section 5.1), and those on integer models, which have no gradient to follow. Each attack × ε
/// is made once.
/// </summary>
public sealed record TransferJob : WorkerJob
{
    /// <summary>The model on which the images are made.</summary>
    public required JobModel MadeOn { get; init; }

    /// <summary>The models that are scored.</summary>
    public required IReadOnlyList<JobModel> Models { get; init; }

    /// <summary>Test images measured, a seeded class-balanced sample; 0 takes all.</summary>
    public required int Samples { get; init; }

    /// <summary>Images a batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Seed of the sample and of random starts.</summary>
    public required int Seed { get; init; }

    /// <summary>As <see cref="EvaluateJob.Detector"/>.</summary>
    public string? Detector { get; init; }

    /// <summary>What to measure, at least one; each result is reported as it is known.</summary>
    public required IReadOnlyList<TransferCell> Cells { get; init; }

    internal override WorkerJob Only(IReadOnlySet<string> ids) => this with { Cells = [.. Cells.Where(cell => ids.Contains(cell.Id))], Keys = KeysOf(ids) };
}

/// <summary>One measurement of a <see cref="TransferJob"/>.</summary>
/// <param name="Id">Names the cell in <see cref="CellEvent"/>; nothing else may depend on it.</param>
/// <param name="Model">The scored model, by its place in <see cref="TransferJob.Models"/>.</param>
/// <param name="Attack">The <c>AttackDeclaration</c> as JSON.</param>
/// <param name="Epsilon">ε in pixel units of 0–255.</param>
public sealed record TransferCell(string Id, int Model, string Attack, double Epsilon);

/// <summary>Measure distances between clean and adversarial activations and write <c>distance.json</c> and <c>distance.csv</c>.</summary>
public sealed record DistanceJob : WorkerJob
{
    /// <summary>The <c>DistanceDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Distance { get; init; }

    /// <summary>The models.</summary>
    public required IReadOnlyList<JobModel> Models { get; init; }
}

/// <summary>Draw up the Lipschitz account of models and write <c>certificate.json</c>, <c>layers.csv</c> and <c>certificate.csv</c>.</summary>
public sealed record CertifyJob : WorkerJob
{
    /// <summary>The <c>CertifyDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Certify { get; init; }

    /// <summary>The models.</summary>
    public required IReadOnlyList<JobModel> Models { get; init; }
}

/// <summary>Attack some images and write <c>images.npz</c>, <c>samples.png</c> and <c>predictions.json</c>.</summary>
public sealed record SamplesJob : WorkerJob
{
    /// <summary>The <c>SamplesDeclaration</c> as JSON (<c>Declaration.FromJson</c>).</summary>
    public required string Samples { get; init; }

    /// <summary>The models.</summary>
    public required IReadOnlyList<JobModel> Models { get; init; }
}
