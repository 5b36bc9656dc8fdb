using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Building;

/// <summary>Watches a build, so that a front end can draw it. Calls come one at a time, from any thread; each must return soon. All do nothing unless overridden.</summary>
public interface IBuildObserver
{
    /// <summary>Another build works in this folder; this one waits for it.</summary>
    /// <param name="holder">The other in words, say <c>process 4711 since 14:03</c>.</param>
    void Waiting(string holder)
    {
    }

    /// <summary>What will be done; called once, before anything is.</summary>
    void Planned(BuildPlan plan)
    {
    }

    /// <summary>A worker starts on these targets: one to train, or the cells of one model.</summary>
    void Started(IReadOnlyList<Target> targets)
    {
    }

    /// <summary>A worker got further.</summary>
    void Progress(IReadOnlyList<Target> targets, ProgressEvent progress)
    {
    }

    /// <summary>A worker goes on from a checkpoint at this step.</summary>
    void Resumed(IReadOnlyList<Target> targets, long step)
    {
    }

    /// <summary>A worker says something to people.</summary>
    void Message(IReadOnlyList<Target> targets, string text)
    {
    }

    /// <summary>A measurement is known, before its target is finished.</summary>
    void Measured(MetricRecord metric)
    {
    }

    /// <summary>
    /// A target ended. Every target of the plan ends exactly once, but for those that ended as known and begin anew, because another that was to wait turned out to need a file that is not here.
    /// </summary>
    void Finished(TargetResult result)
    {
    }

    /// <summary>A finding. The same ones are in the build's result.</summary>
    void Report(Diagnostic diagnostic)
    {
    }
}
