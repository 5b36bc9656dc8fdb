using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>The Lipschitz account of models and what it certifies; its outputs are <see cref="JsonFile"/>, <see cref="LayersFile"/> and <see cref="RadiiFile"/>.</summary>
public sealed class CertifyTarget : ModelsTarget
{
    /// <summary>All of it as JSON.</summary>
    public const string JsonFile = "certificate.json";

    /// <summary>A line for each model and layer.</summary>
    public const string LayersFile = "layers.csv";

    /// <summary>A line for each model and radius.</summary>
    public const string RadiiFile = "certificate.csv";

    internal CertifyTarget(CertifyDeclaration declaration, IReadOnlyList<TrainTarget> models)
        : base("certify", declaration.Name, declaration.Place, models) => Declaration = declaration with { Models = [.. models.Select(m => m.Name)] };

    /// <summary>What dq.json says.</summary>
    public CertifyDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = [JsonFile, LayersFile, RadiiFile];

    private protected override object Options => Declaration;

    /// <summary>Where there are branches, amplification is not what it was at first.</summary>
    internal override string Version(MethodVersions versions) => base.Version(versions) + (Models.Any(model => NetworkNames.HasResidualSums(model.Declaration.Network)) ? "+branches/1" : "") + EvaluationCell.ScaleMark(Declaration.Attack);

    internal override WorkerJob CreateJob(JobContext context) => new CertifyJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Certify = Declarations.Declaration.ToJson(Declaration),
        Models = [.. Models.Select(context.Model)],
    };
}
