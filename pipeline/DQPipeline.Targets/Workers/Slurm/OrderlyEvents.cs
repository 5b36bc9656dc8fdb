using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>Passes the events of several jobs on, one call at a time.</summary>
internal sealed class OrderlyEvents(IWorkerEvents events) : IWorkerEvents
{
    private readonly Lock _sync = new();

    public void Progress(ProgressEvent progress)
    {
        lock (_sync)
            events.Progress(progress);
    }

    public void Message(string text)
    {
        lock (_sync)
            events.Message(text);
    }

    public void Resumed(long step)
    {
        lock (_sync)
            events.Resumed(step);
    }

    public void Cell(CellEvent cell)
    {
        lock (_sync)
            events.Cell(cell);
    }

    public void Warning(Diagnostic warning)
    {
        lock (_sync)
            events.Warning(warning);
    }

    public void Restarted()
    {
        lock (_sync)
            events.Restarted();
    }
}
