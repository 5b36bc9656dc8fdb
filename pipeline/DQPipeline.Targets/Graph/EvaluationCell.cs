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
/// <remarks>An integer model has no gradient: a white-box attack on it is made on the trained model that it is made of, but for one that asks for scores alone.</remarks>
public sealed class EvaluationCell : Target
{
    /// <summary>What stands before the label of a black-box measurement.</summary>
    private const string BlackBoxPrefix = "black-box/";

    /// <summary>What the version of whatever is rounded onto the grid of pixels in the Euclidean norm has behind it.</summary>
    internal const string GridMark = "+grid/1";

    internal EvaluationCell(EvaluateDeclaration evaluation, ModelTarget model, AttackDeclaration? attack, double epsilon, TrainTarget? substitute = null)
        : base(
            "evaluate",
            IdOf(evaluation.Name, model.Name, NameOf(attack), epsilon, substitute is not null),
            evaluation.Name,
            evaluation.Place,
            model.Dataset,
            Reads(model, attack, substitute))
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
    public ModelTarget Model { get; }

    /// <summary>The attack; null measures clean accuracy.</summary>
    public AttackDeclaration? Attack { get; }

    /// <summary>The attack's name, or <c>clean</c>.</summary>
    public string AttackName => NameOf(Attack);

    /// <summary>ε in pixel units of 0–255; 0 for clean.</summary>
    public double Epsilon { get; }

    /// <summary>The separately trained model on which a black-box attack is made; null of the others.</summary>
    public TrainTarget? Substitute { get; }

    /// <summary>The model on which the attack is made; null where that is <see cref="Model"/> itself, or where there is no attack.</summary>
    public TrainTarget? MadeOn => MadeOnOf(Model, Attack, Substitute);

    /// <inheritdoc/>
    public override string LogName => MadeOn is null ? $"evaluate/{Name}/{Model.Name}" : $"evaluate/{Name}/on/{MadeOn.Name}";

    private string Part => LabelOf(AttackName, Epsilon, Substitute is not null);

    internal override IEnumerable<string> Names => [Name, $"{Name}/{Model.Name}", $"{Name}/{Model.Name}/{Part}"];

    /// <summary>
    /// Cells of one model on one sample share a worker: the library, the data and the model are loaded once. Cells whose images are made on another model share one by that
    /// instead, which makes them once for all.
    /// </summary>
    internal override object Batch => MadeOn is null
        ? (Model.Id, Evaluation.Samples, Evaluation.Batch, Evaluation.Seed, Evaluation.Detector)
        : (MadeOn.Id, Dataset, Evaluation.Samples, Evaluation.Batch, Evaluation.Seed, Evaluation.Detector);

    internal override string? Matrix => MadeOn is null && Model.Matrix is not null ? $"evaluate/{Name}/{Model.Group}" : null;

    /// <summary>EVALUATION[/MODEL or MATRIX[/[black-box[/]]ATTACK or ATTACK@ε]], with or without the kind before it.</summary>
    internal override bool Matches(string selector)
    {
        const string prefix = "evaluate/";
        var rest = selector.StartsWith(prefix, StringComparison.Ordinal) ? selector[prefix.Length..] : selector;
        var segments = rest.Split('/', 3);
        return segments[0] == Name
            && (segments.Length < 2 || segments[1] == Model.Name || segments[1] == Model.Group)
            && (segments.Length < 3 || MatchesPart(segments[2]));
    }

    private bool MatchesPart(string part) => Substitute is null
        ? part == AttackName || part == Part
        : part + "/" == BlackBoxPrefix || part == BlackBoxPrefix + AttackName || part == Part;

    internal override string PartOf(Target required) => required == Substitute ? "substitute" : required == Model ? "model" : "trained";

    /// <summary>That of evaluations; what is computed otherwise since then in some cells alone has a mark of its own, so that the others stay as they are recorded.</summary>
    internal override string Version(MethodVersions versions) => versions.Evaluate + (IsMadeToTheEnd ? "+others/1" : "") + (IsRounded ? GridMark : "") + ScaleMark(Attack);

    /// <summary>What the version of whatever an attack in the Euclidean norm made has behind it since tiny gradients have a direction.</summary>
    internal static string ScaleMark(AttackDeclaration? attack) => attack is { Norm: "l2" } && attack.FollowsGradient() ? "+scale/1" : "";

    /// <summary>Whether the attack is in the Euclidean norm and its images are brought onto the grid of pixels, as an integer model needs them.</summary>
    private bool IsRounded => Attack is { Norm: "l2" } && Model.Trained != Model;

    /// <summary>Whether the attack lets go of images early, or stops where they are barely across, unless it is made for another model, as it is here.</summary>
    private bool IsMadeToTheEnd => MadeOn is not null && Attack is not null && Attack.FollowsGradient() && (Attack.Kind is "autoattack" or "fab-t" || Attack.Backward == "all");

    internal override void AddOptions(KeyParts parts)
    {
        if (Attack is null)
        {
            parts.AddText("attack", AttackDeclaration.Clean);
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

    internal override bool Accepts(TargetRecord record) =>
        base.Accepts(record) && StandingIn(record) is not null && (!Evaluation.Detector.IsActive || Detection.Of(record, Attack is null) is not null);

    /// <summary>For each image of the sample, whether it is right; null where the record does not say so.</summary>
    internal static bool[]? StandingIn(TargetRecord record) =>
        record.Standing is { } text && Measurement(record) is var (samples, correct) ? Standing.Decode(text, samples, correct) : null;

    /// <summary>Images measured and still classified rightly; null where the record does not say so.</summary>
    internal static (int Samples, int Correct)? Measurement(TargetRecord record) =>
        record.Metric("samples") is { } samples && record.Metric("correct") is { } correct
        && samples is >= 1 and <= int.MaxValue && correct >= 0 && correct <= samples && samples == Math.Floor(samples) && correct == Math.Floor(correct)
            ? ((int)samples, (int)correct) : null;

    internal override WorkerJob CreateJob(JobContext context)
    {
        if (MadeOn is not null)
            return TransferJobs.Create(this, context);
        var (path, model) = context.Input(Model, Model.File);
        return new EvaluateJob
        {
            Name = LogName,
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

    private static TrainTarget? MadeOnOf(ModelTarget model, AttackDeclaration? attack, TrainTarget? substitute) =>
        substitute ?? (attack is null || attack.AsksForScores() || model.Trained == model ? null : model.Trained);

    private static Target[] Reads(ModelTarget model, AttackDeclaration? attack, TrainTarget? substitute) =>
        MadeOnOf(model, attack, substitute) is { } madeOn ? [model, madeOn] : [model];

    internal static string NameOf(AttackDeclaration? attack) => attack is null ? AttackDeclaration.Clean : attack.Name.Length > 0 ? attack.Name : attack.Kind;

    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The id of a measurement by its names.</summary>
    internal static string IdOf(string evaluation, string model, string attack, double epsilon, bool blackBox) =>
        $"evaluate/{evaluation}/{SubjectOf(model, attack, epsilon, blackBox)}";

    /// <summary>What a measurement is about, whichever evaluation makes it: <c>dq/pgd@8</c>.</summary>
    internal static string SubjectOf(string model, string attack, double epsilon, bool blackBox) => $"{model}/{LabelOf(attack, epsilon, blackBox)}";

    private static string LabelOf(string attack, double epsilon, bool blackBox) =>
        attack == AttackDeclaration.Clean ? attack : $"{(blackBox ? BlackBoxPrefix : "")}{attack}@{Number(epsilon)}";
}
