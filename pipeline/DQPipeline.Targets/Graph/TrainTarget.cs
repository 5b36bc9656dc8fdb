using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>A model to train; its output is <see cref="ModelFile"/>.</summary>
public sealed class TrainTarget : ModelTarget
{
    /// <summary>The output's name: weights and the network's description in one safetensors file.</summary>
    public const string ModelFile = "model.safetensors";

    internal TrainTarget(TrainDeclaration declaration, DatasetDeclaration dataset)
        : base("train", declaration.Name, declaration.Group, declaration.Place, dataset, []) => Declaration = declaration;

    /// <summary>What dq.json says.</summary>
    public TrainDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override string File => ModelFile;

    /// <inheritdoc/>
    public override TrainTarget Trained => this;

    internal override bool Resumes => true;

    internal override IReadOnlyList<(string Part, string Path)> InputFiles => Declaration.Weights.IsActive ? [("weights", Declaration.Weights.Path)] : [];

    internal override string Version(MethodVersions versions) => versions.Train;

    internal override void AddOptions(KeyParts parts) => parts.AddOptions("", Declaration);

    internal override WorkerJob CreateJob(JobContext context) => new TrainJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Train = Declarations.Declaration.ToJson(Declaration),
        Key = context.Key,
        CheckpointFolder = context.CheckpointFolder,
    };
}
