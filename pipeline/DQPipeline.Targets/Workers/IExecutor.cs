using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers;

/// <summary>Runs jobs: as processes of this machine (<see cref="ProcessExecutor"/>), or elsewhere.</summary>
public interface IExecutor
{
    /// <summary>
    /// Tells of jobs that are ready at the same time, each of which comes to <see cref="RunAsync"/> right after, so that they may be submitted as one. Returns at once; does nothing unless overridden.
    /// </summary>
    /// <param name="jobs">The jobs, the same objects as later.</param>
    void Expect(IReadOnlyList<WorkerJob> jobs)
    {
    }

    /// <summary>
    /// Runs one job to its end. Completes normally when, and only when, the worker said that it is done. May be called by several builds' targets at once.
    /// </summary>
    /// <param name="job">The work.</param>
    /// <param name="events">Takes what the worker reports, one call at a time.</param>
    /// <param name="cancellation">Asks the worker to stop after a checkpoint.</param>
    /// <returns>The worker's last event.</returns>
    /// <exception cref="DqException">The errors that the worker reported, or DQ6003 where it ended without a word.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation);

    /// <summary>
    /// What came of a job is recorded, or refused for good: who keeps it for a front end that may die may forget it now. Not called where it could not be taken in for the moment. Does nothing unless overridden.
    /// </summary>
    /// <param name="job">The job that ran.</param>
    void Forget(WorkerJob job)
    {
    }
}

/// <summary>Takes what a worker reports while it runs. Errors do not come here: they end the run.</summary>
public interface IWorkerEvents
{
    /// <summary>The work got further.</summary>
    void Progress(ProgressEvent progress);

    /// <summary>A sentence for people.</summary>
    void Message(string text);

    /// <summary>The work goes on from a checkpoint at this step.</summary>
    void Resumed(long step);

    /// <summary>A cell's result.</summary>
    void Cell(CellEvent cell);

    /// <summary>A warning.</summary>
    void Warning(Diagnostic warning);

    /// <summary>The work was begun anew elsewhere, by a worker that reads its files anew; what is reported from here on is made of what it read. Does nothing unless overridden.</summary>
    void Restarted()
    {
    }
}
