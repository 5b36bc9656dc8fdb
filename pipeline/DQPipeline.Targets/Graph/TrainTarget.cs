using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>A model to train; its output is <see cref="ModelFile"/>.</summary>
public sealed class TrainTarget : ModelTarget
{
    /// <summary>The output's name: weights and the network's description in one safetensors file.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>The part of the key that holds the content of the weights to start from.</summary>
    private const string WeightsPart = "weights";

    internal TrainTarget(TrainDeclaration declaration, DatasetDeclaration dataset, TrainTarget? start)
        : base("train", declaration.Name, declaration.Group, declaration.Place, dataset, start is null ? [] : [start])
    {
        Declaration = declaration;
        Start = start;
    }

    /// <summary>What dq.json says.</summary>
    public TrainDeclaration Declaration { get; }

    /// <summary>The model from whose weights it starts; null where they are drawn, or a file's.</summary>
    public TrainTarget? Start { get; }

    /// <inheritdoc/>
    public override string File => ModelFile;

    /// <inheritdoc/>
    public override TrainTarget Trained => this;

    internal override bool Resumes => true;

    internal override IReadOnlyList<(string Part, string Path)> InputFiles => Declaration.Weights.Path.Length > 0 ? [(WeightsPart, Declaration.Weights.Path)] : [];

    /// <summary>Equal weights make equal models, be they a file's or a model's.</summary>
    internal override string PartOf(Target required) => WeightsPart;

    internal override string Version(MethodVersions versions) => versions.Train;

    internal override void AddOptions(KeyParts parts) => parts.AddOptions("", Declaration);

    internal override WorkerJob CreateJob(JobContext context) => new TrainJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        // The worker is told of the file; what the model is called is no part of the work.
        Train = Declarations.Declaration.ToJson(Declaration with { Weights = Declaration.Weights with { From = "" } }),
        Key = context.Key,
        CheckpointFolder = context.CheckpointFolder,
        Start = Start is null ? null : context.Model(Start),
    };
}
