using System.Diagnostics;
using System.Globalization;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Workers;

/// <summary>
/// Runs each job as a process of this machine: a native crash or a kill ends one target and not the build. What the worker prints beside its events goes to the target's log.
/// </summary>
public sealed class ProcessExecutor : IExecutor
{
    private readonly Workspace _workspace;
    private readonly string _fileName;
    private readonly IReadOnlyList<string> _arguments;
    private readonly TimeProvider _time;

    /// <summary>An executor of a command line that reads a job from its standard input.</summary>
    /// <param name="workspace">Where the logs go.</param>
    /// <param name="fileName">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="time">The clock; the default is the system's.</param>
    public ProcessExecutor(Workspace workspace, string fileName, IReadOnlyList<string> arguments, TimeProvider? time = null)
    {
        _workspace = workspace;
        _fileName = fileName;
        _arguments = arguments;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>How long a cancelled worker may take to write its checkpoint before it is killed. The default is 15 seconds.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public async Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        SubmittedJobs.In(_workspace).RefuseIfSubmitted(job);
        var logPath = _workspace.LogPath(job.Name);
        using var log = new WorkerLog(logPath);
        log.Write(string.Create(CultureInfo.InvariantCulture, $"==== {_time.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z {job.Name}"));
        using var process = Start(job, logPath);
        var state = new WorkerConversation(events, log);
        var reading = Task.WhenAll(state.ReadEventsAsync(process.StandardOutput), WorkerLog.CopyAsync(process.StandardError, log));
        await TryTellAsync(process, WorkerJson.Write(job)).ConfigureAwait(false);
        await WaitAsync(process, cancellation).ConfigureAwait(false);
        // A grandchild that outlives the worker may hold its output open for ever; but what is being taken in has been said, and so has what came behind it.
        do
            _ = await Task.WhenAny(reading, Task.Delay(Grace, _time, CancellationToken.None)).ConfigureAwait(false);
        while (!reading.IsCompleted && state.IsTaking);
        log.Write($"==== exit code {process.ExitCode}");

        state.Failure?.Throw();
        if (state.Done is { } done && state.Errors.Count == 0)
            return done;
        // Ctrl-C in a terminal reaches the workers too, so an end without a result is then no failure of theirs.
        cancellation.ThrowIfCancellationRequested();
        if (state.Errors.Count > 0)
            throw new DqException(state.Errors);
        throw new DqException(DiagnosticCodes.WorkerDied, $"the worker of {job.Name} ended without a result: {Describe(process.ExitCode)}; its log is {logPath}. Build again: it goes on from the last checkpoint");
    }

    private Process Start(WorkerJob job, string logPath)
    {
        var start = new ProcessStartInfo(_fileName, _arguments)
        {
            WorkingDirectory = _workspace.Folder,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        WorkerEnvironment.Set(start.Environment, job.Threads);
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException("no process was started");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new DqException(DiagnosticCodes.WorkerDied, $"the worker of {job.Name} cannot be started as {_fileName}: {e.Message}; its log is {logPath}", inner: e);
        }
    }

    /// <summary>Waits for the end. When cancelled, the worker is asked to stop, and killed with its children once the grace is over.</summary>
    private async Task WaitAsync(Process process, CancellationToken cancellation)
    {
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException)
        {
            await TryTellAsync(process, WorkerChannel.CancelLine).ConfigureAwait(false);
        }

        using var patience = new CancellationTokenSource(Grace, _time);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Says a line to the worker. A worker that is dead already is found so by its exit code.</summary>
    private static async Task TryTellAsync(Process process, string line)
    {
        try
        {
            await process.StandardInput.WriteAsync(line + "\n").ConfigureAwait(false);
            await process.StandardInput.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>128 + N is how the runtime and shells report the end by signal N.</summary>
    private static string Describe(int exitCode) => exitCode switch
    {
        137 => "it was killed (signal 9), as the system does when memory runs out",
        134 => "it aborted (signal 6)",
        139 => "it crashed (signal 11)",
        143 => "it was told to end (signal 15)",
        > 128 and < 160 => $"signal {exitCode - 128} ended it",
        _ => $"exit code {exitCode}",
    };
}
