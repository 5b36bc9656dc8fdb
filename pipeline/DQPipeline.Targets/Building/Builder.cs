using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Building;

/// <summary>Brings targets up to date.</summary>
/// <param name="workspace">Where.</param>
/// <param name="graph">The targets.</param>
/// <param name="executor">Runs workers; not touched where nothing is to be done.</param>
/// <param name="options">How.</param>
/// <param name="observer">Watches.</param>
/// <param name="time">The clock; the default is the system's.</param>
public sealed class Builder(
    Workspace workspace, TargetGraph graph, IExecutor executor, BuildOptions options, IBuildObserver? observer = null, TimeProvider? time = null)
{
    /// <summary>
    /// Decides what is to be done, does it, and holds the results against the gates. Whatever can be built is built, whatever else fails. Needs no right to write where
    /// nothing is to be done.
    /// </summary>
    /// <param name="cancellation">Lets workers stop after a checkpoint; the result then says cancelled.</param>
    /// <returns>How it ended; failures of targets and gates are in it.</returns>
    /// <exception cref="DqException">Nothing could be begun: DQ1005 a selected name means nothing; DQ6002 dq.lock cannot be read; DQ6004 the folder cannot be written; DQ6007 another build works there and is not to be waited for.</exception>
    public async Task<BuildResult> RunAsync(CancellationToken cancellation = default)
    {
        var clock = time ?? TimeProvider.System;
        var report = new BuildReport(observer ?? new NoObserver());
        var selected = graph.Select(options.Select);
        try
        {
            var planner = new Planner(workspace, graph, options, report.Report, clock, cancellation);
            var nodes = planner.Plan(selected);
            if (!NeedsWork(nodes))
            {
                report.Planned(nodes);
                return await new BuildRun(workspace, graph, executor, options, report, clock, planner, nodes).RunAsync(cancellation).ConfigureAwait(false);
            }

            using (await BuildLock.AcquireAsync(workspace, !options.NoWait, report.Waiting, clock, cancellation).ConfigureAwait(false))
            {
                Sweep(planner);
                // Another build may have ended since: only what is decided under the lock holds.
                planner.Files.Save();
                planner = new Planner(workspace, graph, options, report.Report, clock, cancellation, asksRemote: true);
                using var remote = planner.Remote;
                nodes = planner.Plan(selected);
                SweepCheckpoints(planner.Cache, nodes);
                report.Planned(nodes);
                return await new BuildRun(workspace, graph, executor, options, report, clock, planner, nodes).RunAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new(130, [.. graph.Closure(selected).Select(t => new TargetResult(t, Outcome.Cancelled, null))], [], [], report.Diagnostics);
        }
    }

    private bool NeedsWork(IReadOnlyList<Node> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Action is not (PlannedAction.None or PlannedAction.Skip or PlannedAction.Fail or PlannedAction.Block))
                return true;
            if (node.Action == PlannedAction.Block && node.Target.PlacedFiles.Any(name => File.Exists(workspace.OutputPath(node.Target.Name, name))))
                return true;
        }

        return false;
    }

    /// <summary>Removes what a killed build left half-written.</summary>
    private void Sweep(Planner planner)
    {
        var cache = planner.Cache;
        AtomicFile.Sweep(workspace.Folder, "dq.lock" + AtomicFile.TemporaryMark + "*");
        AtomicFile.Sweep(workspace.DqFolder);
        AtomicFile.Sweep(workspace.StateFolder);
        AtomicFile.Sweep(cache.TemporaryFolder);
        try
        {
            if (Directory.Exists(workspace.WorkFolder))
                Directory.Delete(workspace.WorkFolder, recursive: true);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // A worker whose build was killed may still be stopping in there; the next build sweeps again.
        }

        // Jobs on a cluster that are done and whose results are recorded, by a build that was killed before it forgot them.
        foreach (var submitted in options.TakesUp ? [] : SubmittedJobs.In(workspace).All())
        {
            if (submitted.Keys.All(one => planner.Lock.Find(one.Key)?.Record.Key == one.Value || cache.Find(one.Value) is not null) && submitted.IsDone())
                submitted.Remove();
        }
    }

    /// <summary>
    /// Removes the checkpoints of trainings that are done, which a kill between a result and this left. A result says so only where its files are here too: what is trained once more, because they are lost or by
    /// force, goes on from its checkpoint, be it this build's or one that is with Slurm.
    /// </summary>
    private void SweepCheckpoints(ContentCache cache, IReadOnlyList<Node> nodes)
    {
        if (!Directory.Exists(workspace.CheckpointsFolder))
            return;
        var needed = nodes.Where(node => node.Action == PlannedAction.Run).Select(node => node.Key!)
            .Concat(SubmittedJobs.In(workspace).All().SelectMany(submitted => submitted.Record.Keys.Values)).ToHashSet(StringComparer.Ordinal);
        try
        {
            foreach (var checkpoint in Directory.GetDirectories(workspace.CheckpointsFolder))
            {
                if (Path.GetFileName(checkpoint) is { Length: 64 } key && !needed.Contains(key) && cache.Find(key)?.Outputs.All(cache.Has) == true)
                    Directory.Delete(checkpoint, recursive: true);
            }
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // The next build sweeps again.
        }
    }

    private sealed class NoObserver : IBuildObserver;
}
