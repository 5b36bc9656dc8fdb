using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>What of a workspace is with Slurm: submitted, and not yet taken back.</summary>
public sealed class SubmittedJobs
{
    private readonly Workspace _workspace;

    private SubmittedJobs(Workspace workspace) => _workspace = workspace;

    /// <summary>Those of a workspace, as they are when asked for.</summary>
    public static SubmittedJobs In(Workspace workspace) => new(workspace);

    /// <summary>All of them, by their names.</summary>
    public IReadOnlyList<SubmittedJob> All() => !Directory.Exists(_workspace.SlurmFolder) ? []
        : [.. Directory.GetDirectories(_workspace.SlurmFolder).Select(SubmittedJob.Read).OfType<SubmittedJob>().OrderBy(job => job.Name, StringComparer.Ordinal)];

    /// <summary>What lies in <c>.dq</c> must not go while a job reads it.</summary>
    /// <exception cref="DqException">DQ6022: one is with Slurm.</exception>
    internal void RefuseIfAny()
    {
        if (All() is [var submitted, ..])
            throw new DqException(DiagnosticCodes.SubmittedElsewhere, $"{submitted.Name} is with Slurm and reads what lies here, be it models, checkpoints or decoded images; `dq attach` follows it to its end, `dq attach --cancel` takes it back");
    }

    /// <summary>Two workers on one checkpoint would spoil it.</summary>
    /// <exception cref="DqException">DQ6022: the work is with Slurm.</exception>
    internal void RefuseIfSubmitted(WorkerJob job)
    {
        if (All().FirstOrDefault(one => one.Overlaps(job)) is { } submitted)
            throw new DqException(DiagnosticCodes.SubmittedElsewhere, $"{job.Name} is with Slurm as job {submitted.Id ?? "of an unknown id"}; `dq attach` follows it to its end, `dq attach --cancel` takes it back");
    }
}
