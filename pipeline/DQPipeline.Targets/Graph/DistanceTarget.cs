using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>Distances between clean and adversarial activations; its outputs are <see cref="JsonFile"/> and <see cref="CsvFile"/>.</summary>
public sealed class DistanceTarget : ModelsTarget
{
    /// <summary>All points as JSON.</summary>
    public const string JsonFile = "distance.json";

    /// <summary>All points, a line each.</summary>
    public const string CsvFile = "distance.csv";

    internal DistanceTarget(DistanceDeclaration declaration, IReadOnlyList<TrainTarget> models)
        : base("distance", declaration.Name, declaration.Place, models) => Declaration = declaration with
        {
            Models = [.. models.Select(m => m.Name)],
            // Where the models' own bits count, these change nothing and are not to run anything again.
            Bits = declaration.At == DistanceDeclaration.Convolutions ? new DistanceDeclaration().Bits : declaration.Bits,
        };

    /// <summary>What dq.json says.</summary>
    public DistanceDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = [JsonFile, CsvFile];

    private protected override object Options => Declaration;

    internal override string Version(MethodVersions versions) => base.Version(versions) + EvaluationCell.ScaleMark(Declaration.Attack);

    internal override WorkerJob CreateJob(JobContext context) => new DistanceJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Distance = Declarations.Declaration.ToJson(Declaration),
        Models = [.. Models.Select(context.Model)],
    };
}
