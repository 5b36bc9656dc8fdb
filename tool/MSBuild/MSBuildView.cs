using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;
using DQPipeline.Tool.Commands;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.MSBuild;

/// <summary>A build as messages of MSBuild: why each target is or is not run for binlogs, what goes on for everybody.</summary>
internal sealed class MSBuildView(TimeProvider time, bool gatesWarn) : BuildView, IBuildObserver
{
    /// <summary>A log that is read later needs less of it than a terminal.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    private readonly Dictionary<IReadOnlyList<Target>, long> _lastLine = [];

    public override IBuildObserver Observer => this;

    public override Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build) => build();

    public void Waiting(string holder) => MessageLines.Message(Importance.High, $"dq: waiting for another build in this folder ({holder})");

    public void Planned(BuildPlan plan)
    {
        foreach (var planned in plan.Targets)
        {
            var why = planned.Reasons.Count > 0 ? $": {string.Join("; ", planned.Reasons)}" : "";
            MessageLines.Message(Importance.Low, $"{planned.Target.Id}: {Decision(planned.Action)}{why}");
        }
    }

    public void Started(IReadOnlyList<Target> targets)
    {
        _lastLine[targets] = time.GetTimestamp();
        MessageLines.Message(Importance.High, $"{Narration.Title(targets)}: started");
    }

    public void Progress(IReadOnlyList<Target> targets, ProgressEvent progress)
    {
        if (_lastLine.TryGetValue(targets, out var last) && time.GetElapsedTime(last) < Pause)
            return;
        _lastLine[targets] = time.GetTimestamp();
        MessageLines.Message(Importance.High, $"{Narration.Title(targets)}: {Narration.Share(progress)}{Narration.Details(progress)}");
    }

    public void Resumed(IReadOnlyList<Target> targets, long step) => MessageLines.Message(Importance.High, $"{Narration.Title(targets)}: resumed at step {step}");

    public void Message(IReadOnlyList<Target> targets, string text) => MessageLines.Message(Importance.High, $"{Narration.Title(targets)}: {text}");

    public void Measured(MetricRecord metric)
    {
        var attack = metric.Attack == "clean" ? metric.Attack : $"{(metric.BlackBox ? "black-box/" : "")}{metric.Attack}@{Words.Epsilon(metric.Epsilon)}";
        MessageLines.Message(Importance.Normal, $"{metric.Target}/{metric.Model}/{attack}: {Words.Percent(metric.Accuracy)} ({Words.Interval(metric.Low, metric.High)})");
    }

    public void Finished(TargetResult result)
    {
        if (Narration.Ending(result, Verbosity.Normal) is { } ending)
            MessageLines.Message(Importance.Normal, ending);
    }

    public void Report(Diagnostic diagnostic) => MessageLines.Diagnostic(Weighed(diagnostic));

    /// <summary>A result in which failed gates count as the project wants them to.</summary>
    public BuildResult Weighed(BuildResult result) => result with
    {
        ExitCode = gatesWarn && result.ExitCode == DqCommand.GateFailed ? DqCommand.Done : result.ExitCode,
        Gates = [.. result.Gates.Select(gate => gate with { Finding = gate.Finding is { } finding ? Weighed(finding) : null })],
        Diagnostics = [.. result.Diagnostics.Select(Weighed)],
    };

    private Diagnostic Weighed(Diagnostic diagnostic) =>
        gatesWarn && diagnostic.Code == DiagnosticCodes.GateFailed ? diagnostic with { Severity = Severity.Warning } : diagnostic;

    private static string Decision(PlannedAction action) => action switch
    {
        PlannedAction.None => "up to date",
        PlannedAction.Restore => "its outputs are put back from the cache",
        PlannedAction.Adopt => "its result is known",
        PlannedAction.Run => "will be built",
        PlannedAction.Wait => "is decided once what it depends on is done",
        PlannedAction.Skip => "skipped",
        PlannedAction.Block => "not packaged, a gate fails",
        _ => "cannot be built",
    };
}
