using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// An integer model made of a trained one; its output is <see cref="ModelFile"/>. Its result also holds how both did on the same test images: <c>samples</c>, <c>correct</c>,
/// <c>trainedCorrect</c>, and <c>agreeing</c>, the images to which they give the same label.
/// </summary>
public sealed class QuantizeTarget : ModelTarget
{
    /// <summary>The output's name: the whole model in one ONNX file.</summary>
    public const string ModelFile = "model.onnx";

    internal QuantizeTarget(QuantizeDeclaration declaration, TrainTarget model)
        : base("quantize", declaration.Name, declaration.Group, declaration.Place, model.Dataset, [model])
    {
        Declaration = declaration;
        Trained = model;
    }

    /// <summary>What dq.json says.</summary>
    public QuantizeDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override string File => ModelFile;

    /// <inheritdoc/>
    public override TrainTarget Trained { get; }

    internal override string Version(MethodVersions versions) => versions.Quantize;

    internal override void AddOptions(KeyParts parts) => parts.AddOptions("", Declaration);

    internal override bool Accepts(TargetRecord record) => base.Accepts(record) && EvaluationCell.Measurement(record) is not null;

    internal override WorkerJob CreateJob(JobContext context) => new QuantizeJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Quantize = Declarations.Declaration.ToJson(Declaration),
        Key = context.Key,
        Model = context.Model(Trained),
    };
}
