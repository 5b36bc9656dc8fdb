using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

/// <summary>Keeps what a build told its observer.</summary>
internal sealed class Recorder : IBuildObserver
{
    public List<string> Waits { get; } = [];

    public List<BuildPlan> Plans { get; } = [];

    public List<TargetResult> Results { get; } = [];

    public List<MetricRecord> Metrics { get; } = [];

    public List<Diagnostic> Diagnostics { get; } = [];

    public List<IReadOnlyList<Target>> Starts { get; } = [];

    public Action<string> OnWaiting { get; set; } = _ => { };

    public void Waiting(string holder)
    {
        Waits.Add(holder);
        OnWaiting(holder);
    }

    public void Planned(BuildPlan plan) => Plans.Add(plan);

    public void Started(IReadOnlyList<Target> targets) => Starts.Add(targets);

    public void Measured(MetricRecord metric) => Metrics.Add(metric);

    public void Finished(TargetResult result) => Results.Add(result);

    public void Report(Diagnostic diagnostic) => Diagnostics.Add(diagnostic);
}
