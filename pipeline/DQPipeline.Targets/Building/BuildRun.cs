using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Building;

/// <summary>
/// One build from its plan to its end. Targets are settled in order, as soon as what they require is; workers run beside each other, and whatever they report
/// is taken in under one lock. What is known for sure at the time of the plan may turn out otherwise (a damaged cache entry, a worker's other bits), so every
/// target whose inputs were made in this build is decided again.
/// </summary>
internal sealed partial class BuildRun(
    Workspace workspace, TargetGraph graph, IExecutor executor, BuildOptions options, BuildReport report, TimeProvider time, Planner planner, IReadOnlyList<Node> nodes)
{
    private static readonly TimeSpan s_lockPause = TimeSpan.FromSeconds(2);

    private readonly Lock _sync = new();
    private readonly Dictionary<string, Node> _firstOfKey = [];
    private readonly HashSet<Node> _started = [];
    private readonly List<Node> _ready = [];
    private readonly List<string> _lockedOut = [];
    private readonly SkipCauses _skips = new();
    private readonly ReadFiles _readFiles = new(workspace, time);
    private readonly TimeProvider _time = time;
    private bool _lockDirty;
    private Diagnostic? _writeFailure;
    private bool _cardsFailed;
    private int _moves;
    private long _lockWritten = time.GetTimestamp();

    public async Task<BuildResult> RunAsync(CancellationToken cancellation)
    {
        var running = new List<Task>();
        while (true)
        {
            lock (_sync)
            {
                Advance(running, cancellation);
                if (running.Count == 0)
                    break;
            }

            _ = running.Remove(await Task.WhenAny(running).ConfigureAwait(false));
        }

        if (planner.Remote is { } remote)
            await remote.EndAsync().ConfigureAwait(false);
        lock (_sync)
            return End(cancellation);
    }

    /// <summary>Settles and starts whatever it is time for. What ends may stand behind what waited for it, and a job that cannot be prepared ends too, so that one pass does not do.</summary>
    private void Advance(List<Task> running, CancellationToken cancellation)
    {
        for (var moves = -1; moves != _moves;)
        {
            moves = _moves;
            foreach (var node in nodes)
            {
                if (node.Outcome is null && !_started.Contains(node))
                    Step(node);
            }

            StartReady(running, cancellation);
        }
    }

    /// <summary>Settles a target if its time has come.</summary>
    private void Step(Node node)
    {
        foreach (var required in node.Requires)
        {
            if (required.Outcome is null)
                return;
            if (!required.Succeeded)
            {
                EndLike(node, required, "it needs");
                return;
            }
        }

        // Whoever reads what this build made is decided by what was made.
        if (node.Action == PlannedAction.Wait || node.Requires.Any(r => r.Outcome == Outcome.Built))
            Decide(node);

        while (node.Outcome is null)
        {
            switch (node.Action)
            {
                case PlannedAction.None:
                    Finish(node, Outcome.UpToDate, null);
                    break;
                case PlannedAction.Skip:
                    _skips.Optional(node);
                    Finish(node, Outcome.Skipped, string.Join(", ", node.Reasons));
                    break;
                case PlannedAction.Block:
                    Withdraw(node);
                    break;
                case PlannedAction.Fail:
                    FailAsPlanned(node);
                    break;
                case PlannedAction.Restore or PlannedAction.Adopt:
                    if (!Settle(node))
                        Relapse(node);
                    break;
                case PlannedAction.Run when _firstOfKey.TryGetValue(node.Key!, out var first):
                    if (first.Outcome is null || !Follow(node, first))
                        return;
                    break;
                case PlannedAction.Run:
                    Enqueue(node);
                    return;
                default:
                    throw new InvalidOperationException($"{node.Target.Id} was not decided.");
            }
        }
    }

    /// <summary>
    /// Equal keys are one piece of work. Where another target has done it, its result is found in the cache like any other; where that failed, so would this.
    /// False where it has to be done nevertheless.
    /// </summary>
    private bool Follow(Node node, Node first)
    {
        if (!first.Succeeded)
        {
            EndLike(node, first, "it is the same work as");
            return true;
        }

        node.Forced = false;
        Decide(node);
        if (node.Outcome is not null || node.Action != PlannedAction.Run)
            return true;
        Enqueue(node);
        return false;
    }

    /// <summary>
    /// Decides a target anew whose known result did not stand. A placement that fails removes what it failed on; where that cannot be removed, or comes again from elsewhere, the target is built.
    /// </summary>
    private void Relapse(Node node)
    {
        node.Relapses++;
        Decide(node);
    }

    /// <summary>Decides a target in the midst of the build: what cannot be read or written for it fails it, and nothing else.</summary>
    private void Decide(Node node)
    {
        try
        {
            planner.Decide(node);
        }
        catch (DqException e)
        {
            Fail(node, e.Diagnostics[0]);
        }
        catch (OperationCanceledException)
        {
            Finish(node, Outcome.Cancelled, null);
        }
    }

    private void Enqueue(Node node)
    {
        if (BeginInputs(node))
            return;
        _moves++;
        _firstOfKey[node.Key!] = node;
        _ = _started.Add(node);
        _ready.Add(node);
    }

    /// <summary>
    /// Sees to it that the files are here which a worker is about to read. Where a target was to wait, nobody knew that it would run: what ended because its record stands, with its file
    /// on another machine, begins anew, and so does what ended because of that record. Whether there is something to wait for.
    /// </summary>
    private bool BeginInputs(Node node)
    {
        var begun = false;
        foreach (var required in node.Requires)
        {
            if (required.Demanded || _started.Contains(required))
                continue;
            required.Demanded = true;
            if (planner.IsHere(required))
                continue;
            Begin(required);
            begun = true;
        }

        if (!begun)
            return false;
        _moves++;
        foreach (var other in nodes)
        {
            if (other.Outcome is null or Outcome.UpToDate or Outcome.FromCache or Outcome.FromLock && !_started.Contains(other) && other.Requires.Any(r => r is { Outcome: null, HasResult: false }))
                Begin(other);
        }

        return true;
    }

    private void Begin(Node node)
    {
        node.Outcome = null;
        Decide(node);
    }

    /// <summary>A target that cannot be built because another was not: skipped, or cancelled with it.</summary>
    private void EndLike(Node node, Node other, string relation)
    {
        if (other.Outcome == Outcome.Cancelled)
        {
            Finish(node, Outcome.Cancelled, null);
            return;
        }

        _skips.Inherit(node, other);
        Finish(node, Outcome.Skipped, $"{relation} {other.Target.Id}, which {(other.Outcome == Outcome.Failed ? "failed" : "was skipped")}");
    }

    /// <summary>A package whose model does not pass a gate is taken away, lest an app goes on with it; the cache keeps its copy for the day on which the gate passes.</summary>
    private void Withdraw(Node node)
    {
        try
        {
            foreach (var path in node.Target.PlacedFiles.Select(name => workspace.OutputPath(node.Target.Name, name)).Where(File.Exists))
                File.Delete(path);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            Fail(node, new(DiagnosticCodes.CannotWrite, $"the package of a model that does not pass its gate cannot be removed: {e.Message}"));
            return;
        }

        var why = string.Join(", ", node.Reasons);
        _skips.Blocked(node, why);
        Finish(node, Outcome.Skipped, why);
    }

    private void FailAsPlanned(Node node)
    {
        if (node.Error is { } error)
        {
            Fail(node, error);
            return;
        }

        LockOut(node, "dq.lock does not match: " + string.Join(", ", node.Reasons));
    }

    /// <summary>A target that would change dq.lock in a locked build. What is reported of them all stands in one diagnostic.</summary>
    private void LockOut(Node node, string why)
    {
        _lockedOut.Add(node.Target.Id);
        node.Error = new(DiagnosticCodes.Locked, why, node.Target.Place);
        Finish(node, Outcome.Failed, why);
    }

    /// <summary>Makes a known result stand: outputs in their places, the record in dq.lock. False where the cache's copy of an output was damaged.</summary>
    private bool Settle(Node node)
    {
        try
        {
            foreach (var output in node.ToPlace)
            {
                if (!Place(node.Target, output))
                    return false;
            }
        }
        catch (DqException e)
        {
            Fail(node, e.Diagnostics[0]);
            return true;
        }

        if (node.Action == PlannedAction.Restore)
        {
            Finish(node, Outcome.FromCache, string.Join(", ", node.Reasons));
            return true;
        }

        Measured(node);
        Record(node);
        Finish(node, node.FromCache ? Outcome.FromCache : Outcome.FromLock, string.Join(", ", node.Reasons));
        return true;
    }

    private bool Place(Target target, TargetOutput output)
    {
        var path = planner.OutputPath(target, output);
        if (!planner.Cache.Place(output, path))
            return false;
        planner.Files.Remember(path, output.Sha256);
        return true;
    }

    private void Measured(Node node)
    {
        if (node.Target is EvaluationCell cell && MetricsReport.Of(cell, node.Record!, current: true) is { } metric)
            report.Tell(o => o.Measured(metric));
    }

    private void Record(Node node)
    {
        _lockDirty |= planner.Lock.Set(node.Target.Id, node.Record!, node.Parts);
        if (_lockDirty && _time.GetElapsedTime(_lockWritten) >= s_lockPause)
            WriteLock();
    }

    private void WriteLock()
    {
        if (!_lockDirty)
            return;
        try
        {
            planner.Lock.Write(id => graph.Find(id) is not null);
            (_lockDirty, _writeFailure) = (false, null);
        }
        catch (DqException e)
        {
            // The disk may have room again when the next result comes. If not, it is told at the end: the results are in the cache, and the next build records them without running anything.
            _writeFailure = e.Diagnostics[0];
        }

        _lockWritten = _time.GetTimestamp();
    }

    private void Fail(Node node, Diagnostic error)
    {
        node.Error = Placed(node.Target, error);
        report.Report(node.Error);
        Finish(node, Outcome.Failed, error.Message);
    }

    private void Finish(Node node, Outcome outcome, string? why)
    {
        _moves++;
        (node.Outcome, node.Why) = (outcome, why);
        var result = Result(node);
        report.Tell(o => o.Finished(result));
    }

    private static TargetResult Result(Node node) =>
        new(node.Target, node.Outcome!.Value, node.Why) { Error = node.Outcome == Outcome.Failed ? node.Error : null };

    /// <summary>A worker knows no dq.json: what it reports stands where the target is declared, or, if it is about the data, where those are.</summary>
    private static Diagnostic Placed(Target target, Diagnostic diagnostic)
    {
        var place = diagnostic.Code.StartsWith("DQ2", StringComparison.Ordinal) ? target.Dataset.Place : target.Place;
        return diagnostic.Place is null && place.File is { Length: > 0 } ? diagnostic with { Place = place } : diagnostic;
    }
}
