using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>Submits jobs, those of a matrix that are ready together as one array, and finds those that were submitted before.</summary>
internal sealed partial class SlurmSubmitter(
    Workspace workspace, SlurmDeclaration settings, string fileName, IReadOnlyList<string> arguments, SlurmCommands commands, SlurmQueue queue, SlurmPatience patience, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _sync = new();
    private readonly Dictionary<WorkerJob, IReadOnlyList<WorkerJob>> _together = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<WorkerJob, SubmittedJob> _submitted = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<WorkerJob> _answered = new(ReferenceEqualityComparer.Instance);

    public void Expect(IReadOnlyList<WorkerJob> jobs)
    {
        lock (_sync)
        {
            // What is asked for by --cpus-per-task is asked for every job of an array.
            foreach (var matrix in jobs.Where(job => job.Matrix is not null).GroupBy(job => (job.Matrix, job.Threads)).Where(matrix => matrix.Count() > 1))
            {
                WorkerJob[] members = [.. matrix];
                foreach (var job in members)
                    _together[job] = members;
            }
        }
    }

    /// <summary>
    /// The job in as many as it takes to follow what is with Slurm already: one for each submission that makes some of its targets, and one for the rest. The job itself where nothing does, or one does it all.
    /// </summary>
    /// <exception cref="DqException">DQ6020: what was submitted of other inputs cannot be cancelled.</exception>
    public async Task<IReadOnlyList<WorkerJob>> PartsAsync(WorkerJob job, CancellationToken cancellation)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (job.Keys is not { Count: > 1 } keys || _submitted.ContainsKey(job))
                return [job];
            var left = keys.Keys.ToHashSet();
            var parts = new List<WorkerJob>();
            foreach (var submitted in SubmittedJobs.In(workspace).All().Where(one => one.Overlaps(job)))
            {
                if (submitted.Makes(job))
                    return [job];
                var shared = left.Where(submitted.Record.Keys.ContainsKey).ToHashSet();
                if (!submitted.Contradicts(job) && shared.Count > 0 && job.Only(shared) is { } part)
                    parts.Add(part);
                else
                    await CancelAsync(submitted, cancellation).ConfigureAwait(false);
                left.ExceptWith(parts.Count > 0 ? parts[^1].Keys!.Keys : []);
            }

            if (parts.Count == 0)
                return [job];
            if (left.Count > 0)
                parts.Add(job.Only(left)!);
            _ = _answered.Add(job);
            return parts;
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    /// <summary>The job in Slurm that does the work, and whether it was submitted just now.</summary>
    /// <exception cref="DqException">DQ6020: Slurm refuses it; DQ6004: its folder cannot be written.</exception>
    public async Task<(SubmittedJob Job, bool IsNew)> SubmitAsync(WorkerJob job, CancellationToken cancellation)
    {
        // Not broken off: a job that was submitted with another's has to be fetched to be cancelled.
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_submitted.Remove(job, out var submitted))
                return (submitted, true);
            cancellation.ThrowIfCancellationRequested();
            _ = _answered.Add(job);
            if (await FindAsync(job, cancellation).ConfigureAwait(false) is { } found)
                return (found, false);
            await SubmitAsync(await WithSiblingsAsync(job, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            _ = _submitted.Remove(job, out submitted);
            return (submitted!, true);
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    /// <summary>Cancels a job in Slurm and forgets it.</summary>
    /// <exception cref="DqException">DQ6020: Slurm does not take it.</exception>
    public async Task CancelAsync(SubmittedJob submitted, CancellationToken cancellation)
    {
        var id = submitted.Id ?? (await queue.FindAsync(SlurmScript.Comment(submitted.Token), cancellation).ConfigureAwait(false)).GetValueOrDefault(submitted.Place);
        if (id is not null)
        {
            var answer = await commands.RunAsync("scancel", [id], cancellation).ConfigureAwait(false);
            if (answer.ExitCode != 0 && !answer.Error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase))
                throw new DqException(DiagnosticCodes.ClusterRefuses, $"Slurm does not cancel job {id} of {submitted.Name}: {answer.Complaint}");
        }

        submitted.Remove();
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>The members of the same matrix that are to be submitted with it: the job alone where it is of none, or has been submitted with them before.</summary>
    private async Task<List<WorkerJob>> WithSiblingsAsync(WorkerJob job, CancellationToken cancellation)
    {
        IReadOnlyList<WorkerJob>? siblings;
        lock (_sync)
        {
            siblings = _together.GetValueOrDefault(job);
            foreach (var member in siblings ?? [])
                _ = _together.Remove(member);
        }

        var jobs = new List<WorkerJob> { job };
        foreach (var member in siblings ?? [])
        {
            // One that was found may be done and forgotten by now.
            if (!_answered.Contains(member) && !IsBegun(member) && await FindAsync(member, cancellation).ConfigureAwait(false) is null)
                jobs.Add(member);
        }

        return jobs;
    }

    /// <summary>Whether some of its work is with Slurm, which it will follow.</summary>
    private bool IsBegun(WorkerJob job) => SubmittedJobs.In(workspace).All().Any(one => one.Overlaps(job) && !one.Contradicts(job) && !one.Makes(job));

    /// <summary>The job that was submitted for the same work; null where there is none, and what there is for the same targets with other inputs is cancelled.</summary>
    private async Task<SubmittedJob?> FindAsync(WorkerJob job, CancellationToken cancellation)
    {
        foreach (var submitted in SubmittedJobs.In(workspace).All().Where(one => one.Overlaps(job)))
        {
            if (submitted.Contradicts(job))
                await CancelAsync(submitted, cancellation).ConfigureAwait(false);
            if (!submitted.Makes(job))
                continue;

            if (submitted.Id is not null)
                return submitted;
            // The front end died between sbatch and the note of its answer, or before sbatch.
            var found = await queue.FindAsync(SlurmScript.Comment(submitted.Token), cancellation).ConfigureAwait(false);
            if (found.TryGetValue(submitted.Place, out var id))
            {
                submitted.Submitted(id);
                return submitted;
            }

            // Slurm forgets what ended a few minutes ago; what the job left is a result all the same.
            if (submitted.IdOfStart() is { } started)
            {
                submitted.Submitted(started);
                return submitted;
            }

            submitted.Remove();
        }

        return null;
    }

    private async Task SubmitAsync(List<WorkerJob> jobs, CancellationToken cancellation)
    {
        var token = Guid.NewGuid().ToString("N");
        var submitted = new List<SubmittedJob>(jobs.Count);
        foreach (var job in jobs)
        {
            var name = jobs.Count == 1 ? token : string.Create(CultureInfo.InvariantCulture, $"{token}-{submitted.Count}");
            submitted.Add(SubmittedJob.Create(workspace, Path.Combine(workspace.SlurmFolder, name), job));
        }

        string? id = null;
        try
        {
            var script = Path.Combine(submitted[0].Folder, "job.sh");
            AtomicFile.Write(script, Encoding.UTF8.GetBytes(SlurmScript.Text(submitted, jobs[0].Threads, fileName, arguments)));
            id = await SubmitAsync(jobs, token, script, cancellation).ConfigureAwait(false);
            for (var i = 0; i < submitted.Count; i++)
                submitted[i].Submitted(submitted.Count == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}_{i}"));
        }
        catch (DqException)
        {
            if (id is not null)
                _ = await commands.RunAsync("scancel", [id], CancellationToken.None).ConfigureAwait(false);
            submitted.ForEach(one => one.Remove());
            throw;
        }
        catch (OperationCanceledException)
        {
            foreach (var one in submitted)
                await TryCancelAsync(one).ConfigureAwait(false);
            throw;
        }

        for (var i = 0; i < submitted.Count; i++)
        {
            _submitted[jobs[i]] = submitted[i];
            using var log = new WorkerLog(workspace.LogPath(jobs[i].Name));
            log.Write(string.Create(CultureInfo.InvariantCulture, $"==== {time.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z {jobs[i].Name} is Slurm job {submitted[i].Id}"));
        }
    }

    /// <summary>Takes back what the controller may have taken before it went away. While it does not answer, the folder stays: whoever comes next finds it and asks again.</summary>
    private async Task TryCancelAsync(SubmittedJob submitted)
    {
        try
        {
            await CancelAsync(submitted, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DqException)
        {
            using var log = new WorkerLog(workspace.LogPath(submitted.Name));
            log.Write($"==== it is not known whether Slurm has {submitted.Name}; `dq attach` asks again");
        }
    }

    /// <summary>Hands the script to sbatch, and says the id. A controller that is not there is waited for; whether it took the job before it went, the queue knows.</summary>
    private async Task<string> SubmitAsync(List<WorkerJob> jobs, string token, string script, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            // Not broken off by a cancellation: it would not be known whether the job is there.
            var answer = await commands.RunAsync("sbatch", [.. SlurmScript.Arguments(settings, workspace, token, jobs), script], CancellationToken.None).ConfigureAwait(false);
            if (answer.ExitCode == 0)
            {
                return Submission().Match(answer.Output.Trim()) is { Success: true } match ? match.Groups[1].Value
                    : throw new DqException(DiagnosticCodes.ClusterRefuses, $"sbatch was to say the id of the job of {jobs[0].Name}, and says \"{answer.Complaint}\"; see squeue, and build again");
            }

            if (!Absence().IsMatch(answer.Error) || time.GetElapsedTime(began) >= patience.Silence)
                throw new DqException(DiagnosticCodes.ClusterRefuses, $"Slurm refuses {(jobs.Count == 1 ? jobs[0].Name : jobs[0].Matrix)}: {answer.Complaint}; correct \"executors.slurm\" in dq.json");
            if (await TakenAsync(token, began, cancellation).ConfigureAwait(false) is { } id)
                return id;
            await Task.Delay(patience.Queue, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The id of a job that was taken without a word; null where it was not.</summary>
    private async Task<string?> TakenAsync(string token, long began, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var found = await queue.FindAsync(SlurmScript.Comment(token), cancellation).ConfigureAwait(false);
                return found.Count == 0 ? null : found.Values.First().Split('_')[0];
            }
            catch (DqException) when (time.GetElapsedTime(began) < patience.Silence)
            {
                await Task.Delay(patience.Queue, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How sbatch says that there was no controller, or that it went away in the middle.</summary>
    [GeneratedRegex("Unable to contact slurm controller|timed out|Communication (?:shutdown|connection) failure|Connection (?:refused|reset)", RegexOptions.IgnoreCase)]
    private static partial Regex Absence();

    /// <summary>What sbatch --parsable prints; behind the ; is the cluster, where there are several. Warnings of a site's plugins may stand before it.</summary>
    [GeneratedRegex(@"(?:^|\n)(\d+)(?:;\S*)?$")]
    private static partial Regex Submission();
}
