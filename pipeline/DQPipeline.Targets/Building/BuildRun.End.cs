using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Verdicts;

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
        if (_writeFailure is not null)
            report.Report(_writeFailure);
        var metrics = MetricsReport.Of(graph, nodes, planner.Lock);
        WriteCards(metrics, cancellation);
        planner.Files.Save();
        if (_lockedOut.Count > 0)
            report.Report(LockedOut());
        foreach (var warning in _skips.Warnings())
            report.Report(warning);

        var cancelled = cancellation.IsCancellationRequested && nodes.Any(n => n.Outcome == Outcome.Cancelled);
        var failed = _writeFailure is not null || _cardsFailed || nodes.Any(n => n.Outcome == Outcome.Failed);
        var gates = Gates(failed || cancelled);
        var gateFailed = gates.Any(gate => gate.Finding is { Severity: Severity.Error });
        Diagnostic[] masking = [.. MaskingReport.Of(graph, nodes)];
        foreach (var finding in masking)
            report.Report(finding);
        var exitCode = cancelled ? 130 : failed ? 1 : gateFailed ? 3 : 0;
        var standsStill = exitCode == 0 && nodes.All(n => n.Outcome == Outcome.UpToDate) && report.Diagnostics.All(masking.Contains);
        if (standsStill && options is { AsDeclared: { } read, Select.Count: 0, Force: false, Locked: false, Fetch.Count: 0 })
            Remember(new(nodes.Count, report.Diagnostics), read);
        return new(exitCode, [.. nodes.Select(Result)], gates, metrics, report.Diagnostics) { StandsStill = standsStill };
    }

    private void Remember(StandstillAnswer answer, DeclarationMoment read)
    {
        if (answer.CanBeWritten)
            new Standstill(workspace, options.Method, options.Device).Remember(workspace, graph.Pipeline, [.. nodes.Select(node => node.Target)], answer.Write(), [.. graph.Reports.SelectMany(workspace.PathsOf)], read);
    }

    /// <summary>Writes the cards of the packages that are current and here. One that says what no longer holds is worse than none: that it cannot be written fails the build.</summary>
    private void WriteCards(IReadOnlyList<MetricRecord> metrics, CancellationToken cancellation)
    {
        try
        {
            new ModelCards(workspace, graph, options, planner, _time).Write(nodes, metrics, cancellation);
        }
        catch (DqException e)
        {
            _cardsFailed = true;
            report.Report(e.Diagnostics[0]);
        }
    }

    private Diagnostic LockedOut()
    {
        var names = string.Join(", ", _lockedOut.Take(10)) + (_lockedOut.Count > 10 ? $" and {_lockedOut.Count - 10} more" : "");
        return new(DiagnosticCodes.Locked, $"the build is locked, and dq.lock does not match for {names}; run 'dq build' without --locked and commit dq.lock", new SourcePlace(workspace.LockPath));
    }

    /// <summary>Holds the gates against what stands recorded now, and reports.</summary>
    private IReadOnlyList<GateResult> Gates(bool alreadyFailed)
    {
        if (graph.Pipeline.Evaluate.Values.All(e => e.Gates.Count == 0))
            return [];
        var byCell = nodes.Where(n => n.Target is EvaluationCell).ToDictionary(n => n.Target);
        var results = GateCheck.Check(graph, byCell.Keys.ToHashSet(), cell => byCell[cell] is { Succeeded: true } node ? node.Record : null);
        return [.. results.Select(result => result with { Finding = Finding(result, byCell, alreadyFailed) })];
    }

    /// <summary>What there is to say of a gate, and says it; null where it passes, or where what failed before says enough.</summary>
    private Diagnostic? Finding(GateResult result, IReadOnlyDictionary<Target, Node> byCell, bool alreadyFailed)
    {
        var finding = result switch
        {
            { Verdict: GateVerdict.Failed } => GateText.Failure(result),
            { Verdict: GateVerdict.Undecided } when result.Cells.Any(cell => byCell.TryGetValue(cell, out var node) && _skips.IsOptional(node)) =>
                GateText.Undecided(result, Severity.Warning, "its optional data are absent"),
            { Verdict: GateVerdict.Undecided } when !alreadyFailed =>
                GateText.Undecided(result, Severity.Error, result.Lack ?? $"'{result.Evaluation}' does not measure it; correct the gate, or let the evaluation measure it"),
            _ => null,
        };
        if (finding is not null)
            report.Report(finding);
        return finding;
    }
}
