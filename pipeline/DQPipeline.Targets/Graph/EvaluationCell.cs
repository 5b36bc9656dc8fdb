using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// One measurement of an evaluation: a model, an attack (or none) and an ε. Its result is two numbers, <c>samples</c> and <c>correct</c>; where the evaluation
/// declares a detector, those of <see cref="Detection"/> too.
/// </summary>
public sealed class EvaluationCell : Target
{
    internal EvaluationCell(EvaluateDeclaration evaluation, TrainTarget model, AttackDeclaration? attack, double epsilon)
        : base("evaluate", $"evaluate/{evaluation.Name}/{model.Name}/{Label(attack, epsilon)}", evaluation.Name, evaluation.Place, model.Dataset, [model])
    {
        Evaluation = evaluation;
        Model = model;
        Attack = attack;
        Epsilon = epsilon;
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

    internal override IEnumerable<string> Names => [Name, $"{Name}/{Model.Name}", $"{Name}/{Model.Name}/{Label(Attack, Epsilon)}"];

    /// <summary>Cells of one model on one sample share a worker: the library, the data and the model are loaded once.</summary>
    internal override object Batch => (Model.Id, Evaluation.Samples, Evaluation.Batch, Evaluation.Seed, Evaluation.Detector);

    /// <summary>EVALUATION[/MODEL or MATRIX[/ATTACK or ATTACK@ε]], with or without the kind before it.</summary>
    internal override bool Matches(string selector)
    {
        const string prefix = "evaluate/";
        var rest = selector.StartsWith(prefix, StringComparison.Ordinal) ? selector[prefix.Length..] : selector;
        var segments = rest.Split('/');
        return segments.Length is >= 1 and <= 3 && segments[0] == Name
            && (segments.Length < 2 || segments[1] == Model.Name || segments[1] == Model.Declaration.Group)
            && (segments.Length < 3 || segments[2] == AttackName || segments[2] == Label(Attack, Epsilon));
    }

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
    internal static string IdOf(string evaluation, string model, string attack, double epsilon) =>
        $"evaluate/{evaluation}/{model}/{(attack == "clean" ? attack : $"{attack}@{Number(epsilon)}")}";

    private static string Label(AttackDeclaration? attack, double epsilon) => attack is null ? "clean" : $"{NameOf(attack)}@{Number(epsilon)}";
}
