using System.Runtime.ExceptionServices;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers;

/// <summary>What the worker said so far.</summary>
internal sealed class WorkerConversation(IWorkerEvents events, WorkerLog log)
{
    private volatile bool _isTaking;

    public DoneEvent? Done { get; private set; }

    public List<Diagnostic> Errors { get; } = [];

    /// <summary>What a receiver of events threw first. The reading goes on all the same, or the worker would block on a full pipe.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Whether a receiver is at an event, which may take it long: more lines may have come behind it.</summary>
    public bool IsTaking => _isTaking;

    public async Task ReadEventsAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            Take(line);
    }

    /// <summary>Takes a line that the worker wrote, be it an event or what a library printed.</summary>
    public void Take(string line)
    {
        if (WorkerJson.ReadEvent(line) is not { } workerEvent)
            log.Write(line);
        else
            TryTake(workerEvent, line);
    }

    /// <summary>Another worker takes the job over: what the last one found wrong, or had done, is past, and its files are gone.</summary>
    public void Restart()
    {
        Errors.Clear();
        Done = null;
        events.Restarted();
    }

    private void TryTake(WorkerEvent workerEvent, string line)
    {
        _isTaking = true;
        try
        {
            Take(workerEvent, line);
        }
        catch (Exception e)
        {
            Failure ??= ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _isTaking = false;
        }
    }

    private void Take(WorkerEvent workerEvent, string line)
    {
        // Progress would fill the log; everything else is worth finding there.
        if (workerEvent is not ProgressEvent)
            log.Write(line);
        switch (workerEvent)
        {
            case ProgressEvent progress: events.Progress(progress); break;
            case MessageEvent message: events.Message(message.Text); break;
            case ResumedEvent resumed: events.Resumed(resumed.Step); break;
            case CellEvent cell: events.Cell(cell); break;
            case DoneEvent done: Done = done; break;
            case DiagnosticEvent diagnostic: Take(diagnostic); break;
        }
    }

    private void Take(DiagnosticEvent said)
    {
        var warning = said.Severity == "warning";
        var diagnostic = new Diagnostic(
            said.Code, said.Message, said.File is { } file ? new SourcePlace(file, said.Line, said.Column) : null, warning ? Severity.Warning : Severity.Error);
        if (warning)
            events.Warning(diagnostic);
        else
            Errors.Add(diagnostic);
    }
}
