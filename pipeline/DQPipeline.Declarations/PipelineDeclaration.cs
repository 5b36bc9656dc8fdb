namespace DQPipeline.Declarations;

/// <summary>Everything that one dq.json declares, with names resolved, <c>extends</c> merged, matrices expanded and defaults filled in.</summary>
public sealed record PipelineDeclaration
{
    /// <summary>The seed from which every random choice of the build derives. Range 0 to 2147483647; the default is 2019.</summary>
    public int Seed { get; init; } = 2019;

    /// <summary>Processor threads of each worker; part of every key, because sums change with it. Range 1 to 256; the default is 2.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>A cache that several machines share. In dq.json a bare text stands for its <c>remote</c>. The default is none.</summary>
    public CacheDeclaration Cache { get; init; } = new();

    /// <summary>What is asked of clusters that run jobs. Nothing of it is part of a key. The default asks for nothing.</summary>
    public ExecutorsDeclaration Executors { get; init; } = new();

    /// <summary>Whether a path was made of environment variables, so that the same file may mean something else tomorrow.</summary>
    public bool UsesEnvironment { get; init; }

    /// <summary>Data sets by name.</summary>
    public IReadOnlyDictionary<string, DatasetDeclaration> Datasets { get; init; } = new Dictionary<string, DatasetDeclaration>();

    /// <summary>Models to train by name, matrices expanded, in the order of the file.</summary>
    public IReadOnlyDictionary<string, TrainDeclaration> Train { get; init; } = new Dictionary<string, TrainDeclaration>();

    /// <summary>Integer models to make of trained ones by name, one for each member where the trained one is a matrix, in the order of the file.</summary>
    public IReadOnlyDictionary<string, QuantizeDeclaration> Quantize { get; init; } = new Dictionary<string, QuantizeDeclaration>();

    /// <summary>Evaluations by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, EvaluateDeclaration> Evaluate { get; init; } = new Dictionary<string, EvaluateDeclaration>();

    /// <summary>Packages by name, one for each member where the model is a matrix, in the order of the file.</summary>
    public IReadOnlyDictionary<string, PackageDeclaration> Package { get; init; } = new Dictionary<string, PackageDeclaration>();

    /// <summary>Distances between clean and adversarial activations by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, DistanceDeclaration> Distance { get; init; } = new Dictionary<string, DistanceDeclaration>();

    /// <summary>Lipschitz accounts and certificates by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, CertifyDeclaration> Certify { get; init; } = new Dictionary<string, CertifyDeclaration>();

    /// <summary>Sample images with their predictions by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, SamplesDeclaration> Samples { get; init; } = new Dictionary<string, SamplesDeclaration>();

    /// <summary>Pages of what was found by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, ReportDeclaration> Report { get; init; } = new Dictionary<string, ReportDeclaration>();
}
