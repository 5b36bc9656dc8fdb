using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>Follows one job in Slurm to its end: what its worker writes, and what Slurm says of it.</summary>
internal sealed class SlurmFollower(
    SubmittedJob submitted, WorkerJob job, string logPath, SlurmCommands commands, SlurmQueue queue, SlurmPatience patience, TimeProvider time, WatchedEvents events, WorkerLog log)
{
    private readonly WorkerConversation _conversation = new(events, log);
    private readonly GrowingFile _events = new(submitted.EventsPath);
    private readonly GrowingFile _printed = new(submitted.PrintedPath);
    private long? _silentSince;
    private long? _endedSince;
    private string _told = "";
    private long _stepAtRequeue = -1;

    /// <summary>Whether the worker said that it is done; its folder stays until <see cref="SubmittedJob.Remove"/>.</summary>
    public bool IsDone => _conversation is { Done: not null, Errors.Count: 0 };

    /// <summary>Follows the job.</summary>
    /// <param name="mayBeOld">The job was found, and may have been ended by Slurm long ago.</param>
    /// <param name="cancellation">Cancels the job in Slurm.</param>
    /// <returns>The worker's last event; null where a job that was found had come to nothing, so that another is to be submitted.</returns>
    public async Task<DoneEvent?> FollowAsync(bool mayBeOld, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                if (TakeWords())
                    return Finish();
                var answer = await queue.StateAsync(submitted.Id!, cancellation).ConfigureAwait(false);
                mayBeOld &= answer.HasEnded || answer.Silence is not null;
                if (Ends(answer))
                {
                    if (TakeWords())
                        return Finish();
                    if (_conversation.Errors.Count > 0)
                        throw Ended(new DqException(_conversation.Errors));
                    if (mayBeOld)
                    {
                        submitted.Remove();
                        return null;
                    }

                    if (!await RequeueAsync(answer.State, cancellation).ConfigureAwait(false))
                        throw Ended(Reason(answer.State));
                }

                await Task.Delay(patience.Files, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return await CancelAsync().ConfigureAwait(false) ? Finish() : throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Takes in what is new; whether the worker is done.</summary>
    private bool TakeWords()
    {
        foreach (var line in _printed.Lines())
            log.Write(line);
        foreach (var line in _events.Lines())
        {
            if (line.StartsWith(SlurmScript.StartMark, StringComparison.Ordinal))
                _conversation.Restart();
            if (line.Length > 0)
                _conversation.Take(line);
        }

        return IsDone;
    }

    private DoneEvent Finish()
    {
        var done = _conversation.Done!;
        // Copied and not moved: until the build has recorded it, it is here for whoever comes after a kill. By name: the listing of a folder may be older than its files where they lie on another machine.
        foreach (var name in done.Outputs.Select(Path.GetFileName).OfType<string>())
        {
            try
            {
                using var from = File.OpenRead(Path.Combine(submitted.OutputFolder, name));
                AtomicFile.Write(Path.Combine(job.OutputFolder, name), from.CopyTo);
            }
            catch (FileNotFoundException)
            {
                // The build says that the worker did not write it.
            }
            catch (Exception e) when (AtomicFile.IsWriteFailure(e))
            {
                throw AtomicFile.CannotWrite(job.OutputFolder, e);
            }
        }

        _conversation.Failure?.Throw();
        return done;
    }

    private DqException Ended(DqException error)
    {
        submitted.Remove();
        return error;
    }

    /// <summary>Whether the job is at its end, and its last words have had the time to come here. Silence of Slurm ends nothing before its time.</summary>
    private bool Ends(QueueAnswer answer)
    {
        if (answer.Silence is { } silence)
        {
            Tell($"Slurm does not answer ({silence}); the job goes on meanwhile");
            if (time.GetElapsedTime(_silentSince ??= time.GetTimestamp()) < patience.Silence)
                return false;
            throw new DqException(DiagnosticCodes.ClusterRefuses, $"Slurm has not answered for {patience.Silence.TotalMinutes:0} minutes: {silence}; job {submitted.Id} of {job.Name} may go on, and `dq attach` follows it when Slurm answers again");
        }

        _silentSince = null;
        if (!answer.HasEnded)
        {
            _endedSince = null;
            if (answer is { State: "PENDING", Reason: not ("None" or "Priority" or "Resources" or "") })
                Tell($"Slurm job {submitted.Id} waits: {answer.Reason}");
            return false;
        }

        // Errors come last, and whoever was cancelled has none to say.
        if (_conversation.Errors.Count > 0 || answer.State is not (null or "COMPLETED" or "FAILED"))
            return true;
        return time.GetElapsedTime(_endedSince ??= time.GetTimestamp()) >= patience.LastWords;
    }

    private void Tell(string text)
    {
        if (text != _told)
            events.Message(text);
        _told = text;
    }

    /// <summary>Has Slurm start the job again where that leads on: after a node failed or was wanted by others, and at the time limit where a checkpoint got further than the last time.</summary>
    private async Task<bool> RequeueAsync(string? state, CancellationToken cancellation)
    {
        var leadsOn = state is "PREEMPTED" or "NODE_FAIL" or "BOOT_FAIL" || (state == "TIMEOUT" && job is TrainJob && events.Step > _stepAtRequeue);
        if (!leadsOn)
            return false;
        _stepAtRequeue = events.Step;
        var answer = await commands.RunAsync("scontrol", ["requeue", submitted.Id!], cancellation).ConfigureAwait(false);
        if (answer.ExitCode != 0)
            return false;
        await queue.ForgetAsync(submitted.Id!).ConfigureAwait(false);
        events.Message($"Slurm job {submitted.Id} ended as {state}; it is queued again and goes on from its checkpoint");
        return true;
    }

    private DqException Reason(string? state)
    {
        var subject = $"Slurm job {submitted.Id} of {job.Name}";
        const string again = "build again: it goes on from its last checkpoint";
        return state switch
        {
            "COMPLETED" or "FAILED" => new(DiagnosticCodes.WorkerDied, $"{subject} ended without a result; its log is {logPath}. Build again: it goes on from the last checkpoint"),
            "OUT_OF_MEMORY" => new(DiagnosticCodes.OutOfMemory, $"{subject} needed more memory than it was given; raise \"executors.slurm.memory\", or take a smaller \"batch\""),
            "CANCELLED" => new(DiagnosticCodes.ClusterEnded, $"{subject} was cancelled, though not by this build; {again}"),
            "TIMEOUT" => new(DiagnosticCodes.ClusterEnded, $"{subject} reached its time limit without getting further; raise \"executors.slurm.time\""),
            null => new(DiagnosticCodes.ClusterEnded, $"{subject} is not known to Slurm any more, and left no result; its log is {logPath}. Build again: it goes on from the last checkpoint"),
            _ => new(DiagnosticCodes.ClusterEnded, $"{subject} ended as {state}; {again}"),
        };
    }

    /// <summary>Cancels the job in Slurm and gives it the time for a checkpoint. True where it was done before that.</summary>
    private async Task<bool> CancelAsync()
    {
        var began = time.GetTimestamp();
        try
        {
            var answer = await commands.RunAsync("scancel", [submitted.Id!], CancellationToken.None).ConfigureAwait(false);
            if (answer.ExitCode != 0)
            {
                log.Write($"==== scancel {submitted.Id}: {answer.Complaint}");
                events.Message($"Slurm does not cancel job {submitted.Id}: {answer.Complaint}; it goes on, and the next build finds it");
                return false;
            }

            while (!TakeWords() && time.GetElapsedTime(began) < patience.Cancelling && !(await queue.StateAsync(submitted.Id!, CancellationToken.None).ConfigureAwait(false)).HasEnded)
                await Task.Delay(patience.Files, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DqException e)
        {
            log.Write($"==== {e.Message}");
            return false;
        }

        if (TakeWords())
            return true;
        submitted.Remove();
        return false;
    }
}
