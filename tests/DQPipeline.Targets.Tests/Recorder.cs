using System.Collections.Concurrent;
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

    private readonly ConcurrentQueue<TargetResult> _results = new();

    /// <summary>As they are now: a test may ask while the build goes on.</summary>
    public IReadOnlyList<TargetResult> Results => [.. _results];

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

    public void Finished(TargetResult result) => _results.Enqueue(result);

    public void Report(Diagnostic diagnostic) => Diagnostics.Add(diagnostic);
}
