using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// One measurement of an evaluation: a model, an attack (or none), an ε, and for a black-box attack the substitute on which it is made. Its result is two numbers,
/// <c>samples</c> and <c>correct</c>; where the evaluation declares a detector, those of <see cref="Detection"/> too.
/// </summary>
public sealed class EvaluationCell : Target
{
    /// <summary>What stands before the label of a black-box measurement.</summary>
    private const string BlackBoxPrefix = "black-box/";

    internal EvaluationCell(EvaluateDeclaration evaluation, TrainTarget model, AttackDeclaration? attack, double epsilon, TrainTarget? substitute = null)
        : base(
            "evaluate",
            IdOf(evaluation.Name, model.Name, NameOf(attack), epsilon, substitute is not null),
            evaluation.Name,
            evaluation.Place,
            model.Dataset,
            substitute is null ? [model] : [model, substitute])
    {
        Evaluation = evaluation;
        Model = model;
        Attack = attack;
        Epsilon = epsilon;
        Substitute = substitute;
    }

    /// <summary>The evaluation that asks for it.</summary>
    public EvaluateDeclaration Evaluation { get; }

    /// <summary>The model.</summary>
    public TrainTarget Model { get; }

    /// <summary>The attack; null measures clean accuracy.</summary>
    public AttackDeclaration? Attack { get; }

    /// <summary>The attack's name, or <c>clean</c>.</summary>
    public string AttackName => NameOf(Attack);

    /// <summary>ε in pixel units of 0–255; 0 for clean.</summary>
    public double Epsilon { get; }

    /// <summary>The model on which the attack is made; null where that is <see cref="Model"/> itself.</summary>
    public TrainTarget? Substitute { get; }

    private string Part => LabelOf(AttackName, Epsilon, Substitute is not null);

    internal override IEnumerable<string> Names => [Name, $"{Name}/{Model.Name}", $"{Name}/{Model.Name}/{Part}"];

    /// <summary>
    /// Cells of one model on one sample share a worker: the library, the data and the model are loaded once. Black-box cells share one by substitute instead, which
    /// makes its adversarial images once for all models.
    /// </summary>
    internal override object Batch => Substitute is null
        ? (Model.Id, Evaluation.Samples, Evaluation.Batch, Evaluation.Seed, Evaluation.Detector)
        : (Substitute.Id, Dataset, Evaluation.Samples, Evaluation.Batch, Evaluation.Seed, Evaluation.Detector);

    /// <summary>EVALUATION[/MODEL or MATRIX[/[black-box[/]]ATTACK or ATTACK@ε]], with or without the kind before it.</summary>
    internal override bool Matches(string selector)
    {
        const string prefix = "evaluate/";
        var rest = selector.StartsWith(prefix, StringComparison.Ordinal) ? selector[prefix.Length..] : selector;
        var segments = rest.Split('/', 3);
        return segments[0] == Name
            && (segments.Length < 2 || segments[1] == Model.Name || segments[1] == Model.Declaration.Group)
            && (segments.Length < 3 || MatchesPart(segments[2]));
    }

    private bool MatchesPart(string part) => Substitute is null
        ? part == AttackName || part == Part
        : part + "/" == BlackBoxPrefix || part == BlackBoxPrefix + AttackName || part == Part;

    internal override string PartOf(Target required) => required == Substitute ? "substitute" : base.PartOf(required);

    internal override string Version(MethodVersions versions) => versions.Evaluate;

    internal override void AddOptions(KeyParts parts)
    {
        if (Attack is null)
        {
            parts.AddText("attack", "clean");
        }
        else
        {
            parts.AddOptions("attack.", Attack);
            parts.Add("epsilon", Number(Epsilon));
        }

        parts.Add("samples", Number(Evaluation.Samples));
        parts.Add("batch", Number(Evaluation.Batch));
        parts.Add("seed", Number(Evaluation.Seed));
        // Only where there is one: declaring none measures nothing anew.
        if (Evaluation.Detector.IsActive)
            parts.AddOptions("detector.", Evaluation.Detector);
    }

    internal override bool Accepts(TargetRecord record) => Measurement(record) is not null && (!Evaluation.Detector.IsActive || Detection.Of(record, Attack is null) is not null);

    /// <summary>Images measured and still classified rightly; null where the record does not say so.</summary>
    internal static (int Samples, int Correct)? Measurement(TargetRecord record) =>
        record.Metric("samples") is { } samples && record.Metric("correct") is { } correct
        && samples is >= 1 and <= int.MaxValue && correct >= 0 && correct <= samples && samples == Math.Floor(samples) && correct == Math.Floor(correct)
            ? ((int)samples, (int)correct) : null;

    internal override WorkerJob CreateJob(JobContext context)
    {
        if (Substitute is not null)
            return BlackBoxJobs.Create(this, context);
        var (path, model) = context.Input(Model, TrainTarget.ModelFile);
        return new EvaluateJob
        {
            Name = $"evaluate/{Name}/{Model.Name}",
            Threads = context.Threads,
            Device = context.Device,
            Dataset = Declaration.ToJson(Dataset),
            OutputFolder = context.OutputFolder,
            Model = path,
            ModelSha256 = model.Sha256,
            Samples = Evaluation.Samples,
            Batch = Evaluation.Batch,
            Seed = Evaluation.Seed,
            Detector = Evaluation.Detector.IsActive ? Declaration.ToJson(Evaluation.Detector) : null,
            Cells = [.. context.Targets.Cast<EvaluationCell>().Select(c => new EvaluateCell(c.Id, c.Attack is null ? null : Declaration.ToJson(c.Attack), c.Epsilon))],
        };
    }

    internal static string NameOf(AttackDeclaration? attack) => attack is null ? "clean" : attack.Name.Length > 0 ? attack.Name : attack.Kind;

    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The id of a measurement by its names.</summary>
    internal static string IdOf(string evaluation, string model, string attack, double epsilon, bool blackBox) =>
        $"evaluate/{evaluation}/{model}/{LabelOf(attack, epsilon, blackBox)}";

    private static string LabelOf(string attack, double epsilon, bool blackBox) =>
        attack == "clean" ? attack : $"{(blackBox ? BlackBoxPrefix : "")}{attack}@{Number(epsilon)}";
}
