using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Reports;

/// <summary>The measurements that dq.lock records.</summary>
public static class MetricsReport
{
    /// <summary>
    /// The recorded measurements of the declared cells, in their order, behind those of each model its worst cases. What dq.lock holds of inputs that changed since is there too, and not current.
    /// </summary>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ6002: dq.lock cannot be read.</exception>
    public static IReadOnlyList<MetricRecord> Create(Workspace workspace, TargetGraph graph, BuildOptions options, CancellationToken cancellation = default)
    {
        var planner = new Planner(workspace, graph, options, _ => { }, TimeProvider.System, cancellation);
        var nodes = planner.Plan(graph.Select(options.Select));
        planner.Files.Save();
        return Of(graph, nodes, planner.Lock);
    }

    /// <summary>
    /// What a lock file has recorded of the declared cells, in the same order. The data, the models and their declarations are not looked at: nothing is known to be current.
    /// </summary>
    /// <param name="graph">The declared cells.</param>
    /// <param name="lockPath">The lock file: this folder's dq.lock, or one of another time.</param>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ6002: the file cannot be read.</exception>
    public static IReadOnlyList<MetricRecord> Recorded(TargetGraph graph, string lockPath) => Recorded(graph, LockFile.Read(lockPath));

    internal static IReadOnlyList<MetricRecord> Recorded(TargetGraph graph, LockFile lockFile) =>
        Of(graph, graph.Targets.OfType<EvaluationCell>().Select(cell => (cell, false)), lockFile);

    internal static IReadOnlyList<MetricRecord> Of(TargetGraph graph, IReadOnlyList<Node> nodes, LockFile lockFile) => Of(
        graph,
        from node in nodes
        where node.Target is EvaluationCell
        select ((EvaluationCell)node.Target, node.Outcome is null ? node.Action is PlannedAction.None or PlannedAction.Restore : node.Succeeded),
        lockFile);

    private static List<MetricRecord> Of(TargetGraph graph, IEnumerable<(EvaluationCell Cell, bool Current)> cells, LockFile lockFile)
    {
        var metrics = new List<MetricRecord>();
        var worst = new WorstCases(graph);
        foreach (var (cell, current) in cells)
        {
            if (lockFile.Find(cell.Id) is not { } entry || Of(cell, entry.Record, current) is not { } metric)
                continue;
            if (worst.EndBefore(cell))
                metrics.AddRange(worst.End());
            if (EvaluationCell.StandingIn(entry.Record) is { } right)
                metric = metric with { Images = new(right, entry) };
            worst.Add(cell, metric);
            metrics.Add(metric);
        }

        metrics.AddRange(worst.End());
        return metrics;
    }

    internal static MetricRecord? Of(EvaluationCell cell, TargetRecord record, bool current)
    {
        if (EvaluationCell.Measurement(record) is not var (samples, correct))
            return null;
        var (low, high) = WilsonInterval.Of(correct, samples);
        var metric = new MetricRecord(
            cell.Name, cell.Model.Name, cell.AttackName, cell.Epsilon, cell.Substitute is not null, samples, correct, (double)correct / samples, low, high, current, cell.Substitute?.Name);
        return cell.Evaluation.Detector.IsActive ? WithDetection(metric, Detection.Of(record, cell.Attack is null), cell.Attack is null) : metric;
    }

    private static MetricRecord WithDetection(MetricRecord metric, CellDetection? detection, bool clean)
    {
        // A record of before the detector was declared: stale, and without its numbers.
        if (detection is null)
            return metric;
        if (clean)
        {
            var alarms = WilsonInterval.Of(detection.Flagged, detection.Images);
            return metric with
            {
                Detected = detection.Flagged,
                FalseAlarmRate = (double)detection.Flagged / detection.Images,
                DetectionLow = alarms.Low,
                DetectionHigh = alarms.High,
            };
        }

        var counted = metric with
        {
            Detected = detection.Detected,
            Successful = detection.Successful,
            Attacked = detection.Images,
            AttackedDetected = detection.Flagged,
        };
        if (detection.Successful == 0)
            return counted;
        var (low, high) = WilsonInterval.Of(detection.Detected, detection.Successful);
        return counted with { DetectionRate = (double)detection.Detected / detection.Successful, DetectionLow = low, DetectionHigh = high };
    }
}
