using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Results;

/// <summary>What the builds of a folder have recorded.</summary>
internal sealed class Recorded
{
    private readonly Workspace _workspace;
    private readonly LockFile _lock;
    private readonly IReadOnlySet<string> _former;
    private readonly HashSet<Target> _asDeclared;
    private readonly Dictionary<string, MetricRecord> _metrics;

    /// <param name="folder">The folder of dq.json and dq.lock.</param>
    /// <param name="former">SHA-256 of models that may stand for those which have their places by now.</param>
    public Recorded(string folder, IReadOnlySet<string> former)
    {
        _former = former;
        _workspace = new(folder);
        Pipeline = PipelineFile.Load(_workspace.DeclarationPath);
        Graph = TargetGraph.Create(Pipeline);
        _lock = LockFile.Read(_workspace.LockPath);
        _asDeclared = [.. Graph.Targets.Where(IsAsDeclared)];
        Metrics = [.. MetricsReport.Recorded(Graph, _workspace.LockPath).Where(metric => Graph.Targets.OfType<EvaluationCell>().Where(cell => IsBehind(metric, cell)).All(_asDeclared.Contains))];
        _metrics = Metrics.ToDictionary(metric => $"{metric.Target}/{Subject(metric)}");
    }

    public PipelineDeclaration Pipeline { get; }

    public TargetGraph Graph { get; }

    /// <summary>All measurements of what is declared now, in the order in which they are declared. What was recorded under other options is of something else, whatever its name.</summary>
    public IReadOnlyList<MetricRecord> Metrics { get; }

    /// <summary>What a measurement is about, as results.json names it.</summary>
    public static string Subject(MetricRecord metric) => EvaluationCell.SubjectOf(metric.Model, metric.Attack, metric.Epsilon, metric.BlackBox);

    /// <summary>The measurements of an evaluation that a pattern names, in the order in which they are declared; more than one only where it has a <c>*</c>.</summary>
    public IReadOnlyList<MetricRecord> Find(string evaluation, string pattern)
    {
        if (!pattern.Contains('*', StringComparison.Ordinal))
            return _metrics.TryGetValue($"{evaluation}/{pattern}", out var one) ? [one] : [];
        var expression = Like(pattern);
        return [.. Metrics.Where(metric => metric.Target == evaluation && expression.IsMatch(Subject(metric)))];
    }

    /// <summary>The models of an evaluation of which nothing is measured, in the order in which they are declared.</summary>
    public IReadOnlyList<string> Unmeasured(string evaluation) =>
        [.. Graph.Targets.OfType<EvaluationCell>().Where(cell => cell.Name == evaluation).Select(cell => cell.Model.Name).Except(Metrics.Where(metric => metric.Target == evaluation).Select(metric => metric.Model))];

    /// <summary>A text with any number of <c>*</c>, each of which stands for anything.</summary>
    public static Regex Like(string pattern) => new($"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);

    /// <summary>
    /// The pairs of a claim, one for each seed; none where something is not measured, or not on the same images. What differs must be all that differs: as many on one side as on the other.
    /// </summary>
    public IReadOnlyList<Pair> Pairs(string evaluation, Comparison comparison)
    {
        var (more, than) = (Find(evaluation, comparison.More), Find(evaluation, comparison.Than));
        var comparable = more.Count == than.Count && more.Zip(than, (one, other) => one.ComparedWith(other) is not null && more[0].ComparedWith(one) is not null).All(same => same);
        return comparable ? [.. more.Zip(than, (one, other) => new Pair(one.Images!.Right, other.Images!.Right))] : [];
    }

    /// <summary>
    /// The signs of masked gradients of an evaluation's trained models, as a build tells of them, for those whose gradients were followed in earnest: by Auto-PGD and long PGD at one strength.
    /// </summary>
    /// <param name="evaluation">The evaluation's name.</param>
    /// <returns>How many models were looked at, and for each sign the model, the code and what was found.</returns>
    public (int Models, IReadOnlyList<(string Model, string Code, string Text)> Signs) Masking(string evaluation)
    {
        var measured = Graph.Targets.OfType<EvaluationCell>().Where(cell => cell.Name == evaluation && cell.Model is TrainTarget && _asDeclared.Contains(cell))
            .Select(cell => AttackEvidence.Of(cell, _lock.Find(cell.Id)!.Record)).OfType<AttackEvidence>()
            .GroupBy(evidence => evidence.Cell.Model.Name)
            .Where(MaskingCheck.IsExamined)
            .ToList();
        return (measured.Count, [.. measured.SelectMany(model => MaskingCheck.Signs([.. model]).Select(sign => (model.Key, sign.Code, sign.Text)))]);
    }

    /// <summary>A small output, from its committed copy or from <c>.dq/out</c>, whichever is what dq.lock records; null where neither is.</summary>
    /// <param name="target">The target.</param>
    /// <param name="output">The output's file name.</param>
    public RecordedOutput? Output(Target target, string output)
    {
        if (_lock.Find(target.Id)?.Record.Output(output) is not { } recorded)
            return null;
        var copy = $"results/{target.Name}{Path.GetExtension(output)}";
        var content = new[] { Path.Combine(_workspace.Folder, copy), _workspace.OutputPath(target.Name, output) }.Where(File.Exists).Select(File.ReadAllBytes)
            .FirstOrDefault(bytes => Convert.ToHexStringLower(SHA256.HashData(bytes)) == recorded.Sha256);
        return content is null ? null : new(copy, content);
    }

    /// <summary>Whether what a target of several models found of one of them is of the model that is declared and recorded.</summary>
    /// <param name="target">The target.</param>
    /// <param name="model">The model's name.</param>
    public bool Shows(Target target, string model) =>
        HasOptionsAsDeclared(target) && target.Requires.FirstOrDefault(required => required.Name == model) is { } required && _asDeclared.Contains(required) && HasRead(target, required);

    /// <summary>Whether a target and all that it read were recorded with the options that are declared; the data are not looked at, which need not be here.</summary>
    private bool IsAsDeclared(Target target) => HasOptionsAsDeclared(target) && target.Requires.All(required => IsAsDeclared(required) && HasRead(target, required));

    /// <summary>Whether a target read the model that is recorded: one that was trained anew since, be it of the same declaration, is another.</summary>
    private bool HasRead(Target target, Target required)
    {
        if (required is not ModelTarget)
            return true;
        var part = target.PartOf(required);
        var read = _lock.Find(target.Id)!.Parts.FirstOrDefault(one => one.Key == part).Value?.Trim('"') ?? "";
        return _former.Contains(read) || _lock.Find(required.Id)!.Record.Outputs.Any(output => output.Sha256 == read);
    }

    private bool HasOptionsAsDeclared(Target target)
    {
        if (_lock.Find(target.Id) is not { } entry)
            return false;
        var options = new KeyParts(new OptionsMemory());
        target.AddOptions(options);
        options.AddOptions("dataset.", target.Dataset);
        var declared = options.Sorted();
        // Options with a default are in no key where they have it: one that was set, and is no more, is in the record alone.
        return declared.All(entry.Parts.Contains) && entry.Parts.All(part => declared.Contains(part) || IsCircumstance(part.Key));
    }

    /// <summary>Whether a measurement is of a cell, or a worst case over it.</summary>
    private static bool IsBehind(MetricRecord metric, EvaluationCell cell) => metric.Target == cell.Name && metric.Model == cell.Model.Name && (AttackDeclaration.NormOfWorst(metric.Attack) is { } norm
        ? cell.Attack?.Norm == norm && cell.Epsilon == metric.Epsilon
        : cell.AttackName == metric.Attack && cell.Epsilon == metric.Epsilon && (cell.Substitute is not null) == metric.BlackBox);

    /// <summary>What a key holds beside the options that its declaration sets: what was read, and by what.</summary>
    private static bool IsCircumstance(string part) =>
        part is "data" or "device" or "method" or "threads" or "trained" or "substitute" or "model" or "weights" || part.StartsWith("model.", StringComparison.Ordinal) || part.StartsWith("weights.", StringComparison.Ordinal);
}

/// <summary>A small output that dq.lock records.</summary>
/// <param name="Path">Where its copy is or belongs, with <c>/</c>.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record RecordedOutput(string Path, byte[] Content);
