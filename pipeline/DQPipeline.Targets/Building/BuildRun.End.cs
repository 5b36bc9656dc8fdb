using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Building;

internal sealed partial class BuildRun
{
    private BuildResult End(CancellationToken cancellation)
    {
        foreach (var node in nodes)
        {
            if (node.Outcome is null)
                Finish(node, Outcome.Cancelled, null);
        }

        WriteLock();
        planner.Files.Save();
        if (_lockedOut.Count > 0)
            report.Report(LockedOut());
        foreach (var warning in _skips.Warnings())
            report.Report(warning);

        var cancelled = cancellation.IsCancellationRequested && nodes.Any(n => n.Outcome == Outcome.Cancelled);
        var failed = _writeFailed || nodes.Any(n => n.Outcome == Outcome.Failed);
        var gates = Gates(out var gateFailed, failed || cancelled);
        foreach (var finding in MaskingReport.Of(graph, nodes))
            report.Report(finding);
        var exitCode = cancelled ? 130 : failed ? 1 : gateFailed ? 3 : 0;
        if (exitCode == 0 && options is { AsDeclared: true, Select.Count: 0, Force: false, Locked: false, Fetch: false } && report.Diagnostics.Count == 0 && nodes.All(n => n.Outcome == Outcome.UpToDate))
        {
            new Standstill(workspace, options.Method, options.Device)
                .Remember(workspace, graph.Pipeline, [.. nodes.Select(node => node.Target)], nodes.Count.ToString(CultureInfo.InvariantCulture), [], time.GetUtcNow());
        }

        var results = nodes.Select(n => new TargetResult(n.Target, n.Outcome!.Value, n.Why)).ToArray();
        return new(exitCode, results, gates, MetricsReport.Of(nodes, planner.Lock), report.Diagnostics);
    }

    private Diagnostic LockedOut()
    {
        var names = string.Join(", ", _lockedOut.Take(10)) + (_lockedOut.Count > 10 ? $" and {_lockedOut.Count - 10} more" : "");
        return new(DiagnosticCodes.Locked, $"the build is locked, and dq.lock does not match for {names}; run 'dq build' without --locked and commit dq.lock", new SourcePlace(workspace.LockPath));
    }

    /// <summary>Holds the gates against what stands recorded now, and reports.</summary>
    private IReadOnlyList<GateResult> Gates(out bool gateFailed, bool alreadyFailed)
    {
        gateFailed = false;
        if (graph.Pipeline.Evaluate.Values.All(e => e.Gates.Count == 0))
            return [];
        var byCell = nodes.Where(n => n.Target is EvaluationCell).ToDictionary(n => n.Target);
        var results = GateCheck.Check(graph, byCell.Keys.ToHashSet(), cell => byCell[cell] is { Succeeded: true } node ? node.Record : null);
        foreach (var result in results)
        {
            if (result.Verdict == GateVerdict.Failed)
            {
                gateFailed = true;
                report.Report(GateCheck.Failure(result));
            }
            else if (result.Verdict == GateVerdict.Undecided && result.Cell is { } cell && _skips.IsOptional(byCell[cell]))
            {
                report.Report(GateCheck.NoMeasurement(result, Severity.Warning, "its optional data are absent"));
            }
            else if (result.Verdict == GateVerdict.Undecided && !alreadyFailed)
            {
                gateFailed = true;
                report.Report(GateCheck.NoMeasurement(result, Severity.Error, $"'{result.Evaluation}' does not measure it; correct the gate, or let the evaluation measure it"));
            }
        }

        return results;
    }
}
