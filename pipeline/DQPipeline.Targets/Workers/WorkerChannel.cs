using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers;

/// <summary>
/// The worker's end of the protocol: reads the job, writes events, and learns when to stop (a line "cancel", or the end of the input, which is the front end's death).
/// </summary>
public sealed class WorkerChannel : IDisposable
{
    internal const string CancelLine = "cancel";

    private readonly Lock _sync = new();
    private readonly StreamWriter _output;
    private readonly CancellationTokenSource _stop = new();

    private WorkerChannel(string job, TextReader? input, Stream output)
    {
        Job = Read(job);
        _output = new(output, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        // A thread of its own: a blocked read of the standard input cannot be cancelled, and must not hold the process.
        if (input is not null)
            new Thread(() => Listen(input)) { IsBackground = true, Name = "dq worker input" }.Start();
    }

    /// <summary>The job.</summary>
    public WorkerJob Job { get; }

    /// <summary>Cancelled when the worker is to stop after a checkpoint.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>
    /// Reads the job from <paramref name="input"/>; events go to <paramref name="output"/>. The caller redirects what libraries print to the standard output,
    /// or leaves it: lines that are no events go to the log.
    /// </summary>
    /// <exception cref="DqException">DQ6999: the first line is no job.</exception>
    public static WorkerChannel Open(Stream input, Stream output)
    {
        var reader = new StreamReader(input, new UTF8Encoding(false));
        return new(reader.ReadLine() ?? "", reader, output);
    }

    /// <summary>Reads the job from the first line of a file: there is no front end on the input, and only <see cref="Cancel"/> stops the work.</summary>
    /// <exception cref="DqException">DQ6999: the file cannot be read, or its first line is no job.</exception>
    public static WorkerChannel Open(string jobPath, Stream output)
    {
        try
        {
            using var reader = new StreamReader(jobPath, new UTF8Encoding(false));
            return new(reader.ReadLine() ?? "", null, output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DqException(DiagnosticCodes.Internal, $"the job of this worker cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Stops the work after a checkpoint.</summary>
    public void Cancel() => _stop.Cancel();

    private static WorkerJob Read(string line)
    {
        try
        {
            return WorkerJson.ReadJob(line);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new DqException(DiagnosticCodes.Internal, $"a worker is started by a build, which gives it a job; this is none: {e.Message}", inner: e);
        }
    }

    /// <summary>Sends an event; from any thread. A front end that is gone stops the worker.</summary>
    public void Send(WorkerEvent workerEvent)
    {
        lock (_sync)
        {
            try
            {
                _output.WriteLine(WorkerJson.Write(workerEvent));
            }
            catch (IOException)
            {
                _stop.Cancel();
            }
        }
    }

    /// <summary>Sends a finding; one with an error's severity means that the worker ends without a result.</summary>
    public void Send(Diagnostic diagnostic) => Send(new DiagnosticEvent
    {
        Code = diagnostic.Code,
        Message = diagnostic.Message,
        Severity = diagnostic.Severity == Severity.Warning ? "warning" : "error",
        File = diagnostic.Place?.File,
        Line = diagnostic.Place?.Line ?? 0,
        Column = diagnostic.Place?.Column ?? 0,
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_sync)
            _output.Dispose();
    }

    private void Listen(TextReader input)
    {
        try
        {
            while (input.ReadLine() is { } line && line != CancelLine)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The same as the end of the input.
        }

        _stop.Cancel();
    }
}
