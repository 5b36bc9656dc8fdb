using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>Some test images, clean and attacked, with what the models say to them; its outputs are <see cref="ImagesFile"/>, <see cref="SheetFile"/> and <see cref="PredictionsFile"/>.</summary>
public sealed class SamplesTarget : ModelsTarget
{
    /// <summary>The images as arrays: <c>x</c> uint8 N×C×H×W, <c>x_adv</c> float32 M×N×C×H×W in the order of the models, <c>y</c> int64 N.</summary>
    public const string ImagesFile = "images.npz";

    /// <summary>A picture: a row for each image, the clean one and then the adversarial one of each model.</summary>
    public const string SheetFile = "samples.png";

    /// <summary>Classes and probabilities as JSON.</summary>
    public const string PredictionsFile = "predictions.json";

    internal SamplesTarget(SamplesDeclaration declaration, IReadOnlyList<TrainTarget> models)
        : base("samples", declaration.Name, declaration.Place, models) => Declaration = declaration with { Models = [.. models.Select(m => m.Name)] };

    /// <summary>What dq.json says.</summary>
    public SamplesDeclaration Declaration { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = [ImagesFile, SheetFile, PredictionsFile];

    private protected override object Options => Declaration;

    internal override string Version(MethodVersions versions) => base.Version(versions) + (Declaration.Attack.Norm == "l2" ? EvaluationCell.GridMark : "") + EvaluationCell.ScaleMark(Declaration.Attack);

    internal override WorkerJob CreateJob(JobContext context) => new SamplesJob
    {
        Name = Id,
        Threads = context.Threads,
        Device = context.Device,
        Dataset = Declarations.Declaration.ToJson(Dataset),
        OutputFolder = context.OutputFolder,
        Samples = Declarations.Declaration.ToJson(Declaration),
        Models = [.. Models.Select(context.Model)],
    };
}
