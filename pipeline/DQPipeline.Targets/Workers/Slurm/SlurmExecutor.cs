using System.Collections.Concurrent;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>
/// Runs each job as one of Slurm's, on any node that sees the workspace and the tool under the same paths. Jobs outlive the front end: each has a folder in <c>.dq/slurm</c>, and whoever
/// is next asked for the same work goes on following the job instead of submitting another.
/// </summary>
public sealed class SlurmExecutor : IExecutor, IDisposable
{
    private readonly SlurmSubmitter _submitter;
    private readonly SlurmQueue _queue;
    private readonly Workspace _workspace;
    private readonly TimeProvider _time;
    private readonly SlurmPatience _patience;
    private readonly SlurmCommands _commands;
    private readonly Lock _noting = new();
    private readonly ConcurrentDictionary<WorkerJob, ConcurrentBag<SubmittedJob>> _done = new(ReferenceEqualityComparer.Instance);
    private bool _isNoted;

    /// <summary>An executor that submits to the cluster whose commands are here.</summary>
    /// <param name="workspace">Where the jobs' folders and logs go.</param>
    /// <param name="settings">What is asked of the cluster for each job.</param>
    /// <param name="fileName">The worker's program; the job's file is its last argument.</param>
    /// <param name="arguments">The arguments before that.</param>
    /// <param name="patience">How often is looked, and how long waited; the default is <see cref="SlurmPatience"/>'s.</param>
    /// <param name="time">The clock; the default is the system's.</param>
    /// <param name="commands">The folder with Slurm's commands; the default is the path's.</param>
    public SlurmExecutor(
        Workspace workspace, SlurmDeclaration settings, string fileName, IReadOnlyList<string> arguments, SlurmPatience? patience = null, TimeProvider? time = null, string commands = "")
    {
        _workspace = workspace;
        _time = time ?? TimeProvider.System;
        _patience = patience ?? new();
        _commands = new(commands);
        _queue = new(_commands, _time, _patience.Queue);
        _submitter = new(workspace, settings, fileName, arguments, _commands, _queue, _patience, _time);
    }

    /// <summary>How the build was asked for, which is noted before its first job: a build that waits for another, or has nothing to do, leaves the note of that one alone. The default is null, for no note.</summary>
    public SlurmBuild? Asked { get; init; }

    /// <inheritdoc/>
    public void Expect(IReadOnlyList<WorkerJob> jobs) => _submitter.Expect(jobs);

    /// <inheritdoc/>
    /// <exception cref="DqException">The errors that the worker reported; DQ6003 where it ended without a word; DQ6020 Slurm refuses the job, or does not answer; DQ6021 Slurm ended the job; DQ6004 what has to be noted of it cannot be written.</exception>
    public async Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation)
    {
        Note();
        var parts = await _submitter.PartsAsync(job, cancellation).ConfigureAwait(false);
        var done = _done.GetOrAdd(job, _ => []);
        if (parts is [var whole])
            return await RunPartAsync(whole, events, done, cancellation).ConfigureAwait(false);
        var orderly = new OrderlyEvents(events);
        var ends = await Task.WhenAll(parts.Select(part => RunPartAsync(part, orderly, done, cancellation))).ConfigureAwait(false);
        return ends[0];
    }

    /// <inheritdoc/>
    public void Forget(WorkerJob job)
    {
        if (!_done.TryRemove(job, out var done))
            return;
        foreach (var submitted in done)
            submitted.Remove();
    }

    private async Task<DoneEvent> RunPartAsync(WorkerJob job, IWorkerEvents events, ConcurrentBag<SubmittedJob> finished, CancellationToken cancellation)
    {
        while (true)
        {
            var (submitted, isNew) = await _submitter.SubmitAsync(job, cancellation).ConfigureAwait(false);
            events.Message($"{(isNew ? "submitted as" : "goes on as")} Slurm job {submitted.Id}");
            using var log = new WorkerLog(_workspace.LogPath(job.Name));
            if (!isNew)
                log.Write($"---- attached again to Slurm job {submitted.Id}");
            var follower = new SlurmFollower(submitted, job, _workspace.LogPath(job.Name), _commands, _queue, _patience, _time, new(events), log);
            try
            {
                if (await follower.FollowAsync(mayBeOld: !isNew, cancellation).ConfigureAwait(false) is { } done)
                    return done;
            }
            finally
            {
                if (follower.IsDone)
                    finished.Add(submitted);
                await _queue.ForgetAsync(submitted.Id!).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes back all that is with Slurm of the workspace: its jobs are cancelled and forgotten. What they have trained stays in their checkpoints.</summary>
    /// <exception cref="DqException">DQ6020: Slurm does not take it.</exception>
    public async Task CancelAllAsync(CancellationToken cancellation)
    {
        foreach (var submitted in SubmittedJobs.In(_workspace).All())
            await _submitter.CancelAsync(submitted, cancellation).ConfigureAwait(false);
    }

    private void Note()
    {
        lock (_noting)
        {
            if (!_isNoted)
                Asked?.Write(_workspace);
            _isNoted = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Dispose();
        _submitter.Dispose();
    }
}

/// <summary>How often a cluster is looked at, and how long it is waited for.</summary>
public sealed record SlurmPatience
{
    /// <summary>Between two looks at what the workers wrote. The default is half a second.</summary>
    public TimeSpan Files { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Between two questions to the controller, which are for all jobs at once. The default is 3 seconds.</summary>
    public TimeSpan Queue { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a network file system may take to show a worker's last words once its job has ended. The default is 15 seconds.</summary>
    public TimeSpan LastWords { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a cancelled worker may take to write its checkpoint; Slurm kills it after its own KillWait, 30 seconds by default. The default is 45 seconds.</summary>
    public TimeSpan Cancelling { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long Slurm may be silent, as when its controller starts anew. The jobs run meanwhile. The default is 10 minutes.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(10);
}
