using System.Diagnostics;
using System.Globalization;
using System.Text;
using DQPipeline.Testing;

namespace DQPipeline.Faults;

/// <summary>A running `dq build`.</summary>
internal sealed class Build : IDisposable
{
    private static readonly string s_program = Path.Combine(
        Repository.Root, "tool", "bin",
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "dotnet-dq");

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private IReadOnlyList<int> _killed = [];

    private Build(Process process)
    {
        _process = process;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    /// <summary>Starts a build of a folder.</summary>
    /// <param name="folder">Has the dq.json.</param>
    /// <param name="environment">More variables.</param>
    /// <param name="before">A command of the shell that comes before the build, in its process.</param>
    /// <param name="arguments">After `build`.</param>
    public static Build Start(string folder, IReadOnlyDictionary<string, string>? environment = null, string? before = null, params string[] arguments)
    {
        string[] command = [s_program, "build", "--jobs", "2", .. arguments];
        var start = before is null
            ? new ProcessStartInfo(command[0], command[1..])
            : new ProcessStartInfo("/bin/sh", ["-c", $"{before} && exec \"$0\" \"$@\"", .. command]);
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // So often that a build of seconds has checkpoints to go on from.
        start.Environment["DQ_CHECKPOINT_SECONDS"] = "0.2";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Waits for the end, or for the time to pass; whether it ended.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time);
        try
        {
            await _process.WaitForExitAsync(stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The exit code, when the build has ended. A stack trace, or an end in an error without a code, is a fault of ours.</summary>
    /// <exception cref="FaultException">It ended in another way than builds may end.</exception>
    public async Task<Ended> EndAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await _process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new FaultException($"a build did not end\n{Said()}");
        }

        // What was killed holds its files until it is gone.
        while (_killed.Any(id => Directory.Exists($"/proc/{id}")))
            await Task.Delay(10);
        return new(_process.ExitCode, Said());
    }

    /// <summary>Waits for an end that must be a good one.</summary>
    public async Task SucceedAsync()
    {
        var end = await EndAsync();
        if (end.Code != 0)
            throw new FaultException($"a build that nothing disturbs ended with {end.Code}\n{end.Said}");
        _ = end.Orderly();
    }

    /// <summary>The processes that the build has started.</summary>
    public IReadOnlyList<int> Workers()
    {
        try
        {
            // A child belongs to the thread that started it.
            return [.. Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
                .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // it ended
        }
    }

    /// <summary>Ends the build and its workers at once, as a power cut does.</summary>
    public void Kill()
    {
        _killed = Workers();
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
        }
    }

    public void Dispose() => _process.Dispose();

    private void Take(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _ = _said.AppendLine(line.Data);
    }

    private string Said()
    {
        lock (_said)
            return _said.ToString();
    }
}

/// <summary>How a build ended.</summary>
internal sealed record Ended(int Code, string Said)
{
    /// <summary>Holds that the build ended in good order: well, or in errors that have their codes.</summary>
    public Ended Orderly()
    {
        if (Said.Contains("   at ", StringComparison.Ordinal) || Said.Contains("Unhandled exception", StringComparison.Ordinal))
            throw new FaultException($"a stack trace\n{Said}");
        if (Code != 0 && !Said.Contains("error DQ", StringComparison.Ordinal))
            throw new FaultException($"ended with {Code} without an error that has a code\n{Said}");
        return this;
    }

    public override string ToString() => $"exit {Code}";
}

/// <summary>What must not happen did.</summary>
internal sealed class FaultException(string message) : Exception(message);
