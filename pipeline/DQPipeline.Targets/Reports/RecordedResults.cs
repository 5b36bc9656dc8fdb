using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>A target as dq.lock records it.</summary>
/// <param name="Target">The target.</param>
/// <param name="Current">Whether the record is of the inputs as they are declared now; a stale one stands until the next build.</param>
/// <param name="Key">The key of what is recorded.</param>
/// <param name="Options">What the key is made of, sorted by name; values are JSON text.</param>
/// <param name="Metrics">The numbers recorded with it, by name.</param>
/// <param name="Outputs">Its files.</param>
public sealed record RecordedTarget(
    Target Target, bool Current, string Key, IReadOnlyList<KeyValuePair<string, string>> Options, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<TargetOutput> Outputs)
{
    /// <summary>Whether the record is of the options that are declared now; the rest of what it was made of may be other than now, or not be here. The default is <see cref="Current"/>.</summary>
    public bool IsAsDeclared { get; init; } = Current;

    /// <summary>The epochs of a training, where they are recorded.</summary>
    public IReadOnlyList<TrainingEpoch> Epochs { get; init; } = [];
}

/// <summary>What dq.lock records of some targets and what they depend on, and everything that follows from it. Nothing is run for it.</summary>
/// <param name="Targets">The targets that are recorded, in the order of the declarations.</param>
/// <param name="Metrics">The measurements among them, with their worst cases.</param>
/// <param name="Gates">The gates that they decide.</param>
/// <param name="Findings">Signs of masked gradients in the current measurements, as warnings.</param>
public sealed record RecordedResults(
    IReadOnlyList<RecordedTarget> Targets, IReadOnlyList<MetricRecord> Metrics, IReadOnlyList<GateResult> Gates, IReadOnlyList<Diagnostic> Findings)
{
    /// <summary>Of how many models, counted in each evaluation, current measurements follow the gradients in earnest, by long PGD and Auto-PGD: elsewhere most signs cannot show. The default is 0.</summary>
    public int Examined { get; init; }

    /// <summary>Reads what is recorded of the targets that <paramref name="options"/> selects.</summary>
    /// <exception cref="DqException">DQ6002: dq.lock cannot be read; DQ1005: a selected name means nothing.</exception>
    public static RecordedResults Create(Workspace workspace, TargetGraph graph, BuildOptions options, CancellationToken cancellation = default)
    {
        var planner = new Planner(workspace, graph, options with { Locked = false, Force = false, Fetch = [] }, _ => { }, TimeProvider.System, cancellation);
        var selected = graph.Select(options.Select);
        var nodes = planner.Plan(selected);
        planner.Files.Save();
        var asked = selected.ToHashSet();
        // A model is told about where something is measured on it; a measurement only where it was asked for.
        var told = nodes.Where(node => node.Target is not EvaluationCell || asked.Contains(node.Target)).ToList();
        var byCell = told.Where(node => node.Target is EvaluationCell).ToDictionary(node => node.Target);
        return new(
            [.. told.Select(node => (node, Entry: planner.Lock.Find(node.Target.Id))).Where(one => one.Entry is not null).Select(one => Of(one.node, one.Entry!, planner))],
            MetricsReport.Of(graph, told, planner.Lock),
            GateCheck.Check(graph, byCell.Keys.ToHashSet(), cell => byCell[cell] is { HasResult: true } node ? node.Record : null),
            [.. MaskingReport.Of(graph, told)])
        {
            Examined = MaskingReport.Examined(told),
        };
    }

    private static RecordedTarget Of(Node node, LockEntry entry, Planner planner) => new(
        node.Target, node.HasResult, entry.Record.Key, entry.Parts, entry.Record.Metrics.ToDictionary(metric => metric.Name, metric => metric.Value), entry.Record.Outputs)
    {
        IsAsDeclared = node.HasResult || planner.IsAsDeclared(node.Target, entry),
        Epochs = TrainingCurve.Decode(entry.Record.Curve),
    };
}
