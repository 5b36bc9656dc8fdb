using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>A model in the forms in which apps take it. It also requires the measurements that its gates are held against: a model that fails one is not packaged.</summary>
public sealed class PackageTarget : Target
{
    /// <summary>The output of the format mlnet.</summary>
    public const string MlnetFile = "model.zip";

    /// <summary>The output of the format mlnet-stock.</summary>
    public const string StockFile = "model-stock.zip";

    /// <summary>The output of the format onnx.</summary>
    public const string OnnxFile = "model.onnx";

    /// <summary>What the model takes and tells, as JSON; made for every format.</summary>
    public const string InfoFile = "model.json";

    /// <summary>The model card for people, beside the outputs and none of them: it says what dq.lock records, and so changes without the model.</summary>
    public const string CardFile = "card.md";

    /// <summary>The model card for programs, a bill of materials of CycloneDX.</summary>
    public const string BomFile = "card.cdx.json";

    internal PackageTarget(PackageDeclaration declaration, ModelTarget model, IReadOnlyList<EvaluationCell> gated)
        : base("package", $"package/{declaration.Name}", declaration.Name, declaration.Place, model.Dataset, [model, .. gated])
    {
        Declaration = declaration;
        Model = model;
        Outputs = [.. declaration.Formats.Select(FileOf), InfoFile];
    }

    /// <summary>What dq.json says.</summary>
    public PackageDeclaration Declaration { get; }

    /// <summary>The model.</summary>
    public ModelTarget Model { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; }

    internal override IReadOnlyList<string> PlacedFiles => [.. Outputs, CardFile, BomFile];

    internal override IEnumerable<string> Names => [Name, Declaration.Group];

    /// <summary>The name of the output of a format.</summary>
    public static string FileOf(string format) => format switch
    {
        PackageDeclaration.Mlnet => MlnetFile,
        PackageDeclaration.Stock => StockFile,
        _ => OnnxFile,
    };

    internal override bool Matches(string selector) => selector == Name || selector == Declaration.Group || selector == Id || selector == $"{Kind}/{Declaration.Group}";

    internal override string Version(MethodVersions versions) => versions.Package;

    internal override void AddOptions(KeyParts parts) => parts.AddOptions("", Declaration);

    internal override WorkerJob CreateJob(JobContext context) => new PackageJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Package = Declarations.Declaration.ToJson(Declaration),
        Model = context.Model(Model),
    };
}
