using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Building;

internal sealed partial class BuildRun
{
    /// <summary>The first of the ready targets, and those that can share its worker.</summary>
    private List<Node> NextBatch()
    {
        var first = _ready[0];
        var batch = first.Target.Batch is { } shared ? _ready.FindAll(n => shared.Equals(n.Target.Batch)) : [first];
        _ = _ready.RemoveAll(batch.Contains);
        return batch;
    }

    /// <summary>Starts as many workers as may run, together where an executor can take several as one.</summary>
    private void StartReady(List<Task> running, CancellationToken cancellation)
    {
        var started = new List<(List<Node> Batch, WorkerJob Job)>();
        while (running.Count + started.Count < Math.Max(1, options.Jobs) && _ready.Count > 0 && !cancellation.IsCancellationRequested)
        {
            var batch = NextBatch();
            if (Prepare(batch) is { } job)
                started.Add((batch, job));
        }

        if (started.Count > 0)
            executor.Expect(started.ConvertAll(one => one.Job));
        foreach (var (batch, job) in started)
        {
            var targets = batch.ConvertAll(n => n.Target);
            report.Tell(o => o.Started(targets));
            running.Add(Task.Run(() => RunAsync(batch, targets, job, cancellation), CancellationToken.None));
        }
    }

    /// <summary>The job of a batch, its folders made; null where that is not possible, which has then failed.</summary>
    private WorkerJob? Prepare(List<Node> batch)
    {
        try
        {
            _readFiles.RefuseIfChanged(batch[0]);
            var work = Path.Combine(workspace.WorkFolder, batch[0].Key!);
            AtomicFile.CreateFolder(work);
            if (batch[0].Target.Resumes)
                AtomicFile.CreateFolder(CheckpointFolder(batch[0]));
            var job = batch[0].Target.CreateJob(new(
                batch.ConvertAll(n => n.Target), batch[0].Key!, graph.Pipeline.Threads, options.Device, work, CheckpointFolder(batch[0]), (target, output) => Input(batch, target, output)));
            return job with
            {
                Keys = batch.ToDictionary(n => n.Target.Id, n => n.Key!),
                Matrix = batch[0].Target.Matrix,
                ImagesFolder = workspace.ImagesFolder,
                FileHashes = batch[0].Target.InputFiles is { Count: > 0 } files ? files.ToDictionary(file => file.Path, file => batch[0].Part(file.Part)!.Trim('"')) : null,
                DataHash = batch[0].Part(Planner.DataPart),
            };
        }
        catch (DqException e)
        {
            foreach (var node in batch)
                Fail(node, e.Diagnostics[0]);
            return null;
        }
    }

    private string CheckpointFolder(Node node) => Path.Combine(workspace.CheckpointsFolder, node.Key!);

    /// <summary>The placed file of a required target, put there if it is not yet.</summary>
    private (string Path, TargetOutput Output) Input(List<Node> readers, Target target, string name)
    {
        var output = readers.SelectMany(r => r.Requires).First(r => r.Target == target).Record!.Output(name)!;
        var path = planner.OutputPath(target, output);
        if (!planner.Files.Holds(path, output.Size, output.Sha256) && !Place(target, output))
            throw new DqException(DiagnosticCodes.CacheCorrupt, $"{path} vanished or changed during the build, and the cache has no copy; build again");
        return (path, output);
    }

    private async Task RunAsync(List<Node> batch, List<Target> targets, WorkerJob job, CancellationToken cancellation)
    {
        using var events = new Events(this, report, batch, targets, cancellation);
        // A full disk, data that are away, somebody who breaks off: the next build may take in what was made.
        var isKept = false;
        try
        {
            var done = await executor.RunAsync(job, events, events.Stop).ConfigureAwait(false);
            await events.LookAsync().ConfigureAwait(false);
            var outputs = batch[0].Target.Outputs.Count > 0 ? TakeOutputs(batch[0], job) : null;
            lock (_sync)
            {
                if (outputs is not null)
                    Complete(batch[0], new(batch[0].Key!, outputs, Metrics(done), curve: TrainingCurve.Encode(done.Epochs)));
                FailRest(batch, new(DiagnosticCodes.WorkerDied, $"the worker ended without this result; its log is {workspace.LogPath(job.Name)}"));
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isKept = true;
            lock (_sync)
            {
                foreach (var node in batch.Where(n => n.Outcome is null))
                    Finish(node, Outcome.Cancelled, "it goes on from its checkpoint in the next build");
            }
        }
        catch (OperationCanceledException) when (events.Change is not null)
        {
            lock (_sync)
                FailRest(batch, events.Change.Diagnostics[0]);
        }
        catch (DqException e)
        {
            isKept = events.WasAway;
            lock (_sync)
            {
                foreach (var diagnostic in e.Diagnostics.Skip(1))
                    report.Report(Placed(batch[0].Target, diagnostic));
                FailRest(batch, e.Diagnostics[0]);
            }
        }
        catch (Exception e)
        {
            lock (_sync)
                FailRest(batch, Unforeseen(job, e));
        }
        finally
        {
            await events.EndAsync().ConfigureAwait(false);
            if (!isKept && !batch.Exists(n => n.Error?.Code == DiagnosticCodes.CannotWrite))
                executor.Forget(job);
            Remove(job.OutputFolder);
            // A checkpoint of other data would be gone on with under the key of these.
            if (events.Change is not null || batch.TrueForAll(n => n.Succeeded))
                Remove(CheckpointFolder(batch[0]));
        }
    }

    private static Metric[] Metrics(DoneEvent done) =>
        [.. done.Metrics.Where(m => double.IsFinite(m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new Metric(m.Key, m.Value))];

    private TargetOutput[] TakeOutputs(Node node, WorkerJob job)
    {
        var outputs = new List<TargetOutput>();
        foreach (var name in node.Target.Outputs.Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(job.OutputFolder, name);
            if (!File.Exists(path))
                throw new DqException(DiagnosticCodes.WorkerDied, $"the worker of {node.Target.Id} ended without writing {name}; its log is {workspace.LogPath(job.Name)}");
            outputs.Add(planner.Cache.Add(name, path));
        }

        return [.. outputs];
    }

    /// <summary>Takes a worker's result: into the cache at once, so that no kill loses it, then to its places.</summary>
    private void Complete(Node node, TargetRecord record)
    {
        try
        {
            planner.Cache.Put(record);
            node.Record = record;
            if (options.Locked && planner.Lock.Find(node.Target.Id)?.Record.Same(record) != true)
            {
                LockOut(node, "its result is not the one that dq.lock records");
                return;
            }

            foreach (var output in record.Outputs)
            {
                if (!Place(node.Target, output))
                    throw new DqException(DiagnosticCodes.CacheCorrupt, $"the output {output.Name} of {node.Target.Id} did not survive in the cache; check the disk and build again");
            }
        }
        catch (DqException e)
        {
            Fail(node, e.Diagnostics[0]);
            return;
        }

        planner.Remote?.Push(record);
        Measured(node);
        Record(node);
        Finish(node, Outcome.Built, string.Join(", ", node.Reasons));
    }

    private void FailRest(List<Node> batch, Diagnostic error)
    {
        foreach (var node in batch.Where(n => n.Outcome is null))
            Fail(node, error);
    }

    private Diagnostic Unforeseen(WorkerJob job, Exception e)
    {
        var log = workspace.LogPath(job.Name);
        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(log)!);
            File.AppendAllText(log, e + "\n");
        }
        catch (Exception failure) when (AtomicFile.IsWriteFailure(failure))
        {
            // The message alone has to do.
        }

        return new(DiagnosticCodes.Internal, $"{job.Name} failed in a way that was not foreseen: {e.Message} (details in {log}); please report this");
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // Gone already, or swept by the next build.
        }
    }
}
