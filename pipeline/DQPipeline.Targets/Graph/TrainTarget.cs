using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>A model to train; its output is <see cref="ModelFile"/>.</summary>
public sealed class TrainTarget : Target
{
    /// <summary>The output's name: weights and the network's description in one safetensors file.</summary>
    public const string ModelFile = "model.safetensors";

    internal TrainTarget(TrainDeclaration declaration, DatasetDeclaration dataset)
        : base("train", "train/" + declaration.Name, declaration.Name, declaration.Place, dataset, []) => Declaration = declaration;

    /// <summary>What dq.json says.</summary>
    public TrainDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = [ModelFile];

    internal override bool Resumes => true;

    internal override IEnumerable<string> Names => [Name, Group];

    private string Group => Declaration.Group.Length > 0 ? Declaration.Group : Name;

    internal override bool Matches(string selector) => selector == Name || selector == Group || selector == Id
        || (selector.StartsWith("train/", StringComparison.Ordinal) && selector.AsSpan("train/".Length).SequenceEqual(Group));

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
