using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>Passes events on, and remembers how far the work is.</summary>
internal sealed class WatchedEvents(IWorkerEvents events) : IWorkerEvents
{
    public long Step { get; private set; }

    public void Progress(ProgressEvent progress)
    {
        Step = Math.Max(Step, progress.Step);
        events.Progress(progress);
    }

    public void Message(string text) => events.Message(text);

    public void Resumed(long step) => events.Resumed(step);

    public void Cell(CellEvent cell) => events.Cell(cell);

    public void Warning(Diagnostic warning) => events.Warning(warning);

    public void Restarted() => events.Restarted();
}
