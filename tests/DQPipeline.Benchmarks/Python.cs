using System.Diagnostics;

namespace DQPipeline.Benchmarks;

/// <summary>A PyTorch script beside this program: it prints its version of PyTorch, then answers each line with a line.</summary>
internal sealed class Python : IDisposable
{
    private readonly Process process;

    private Python(Process process, string version) => (this.process, Version) = (process, version);

    /// <summary>The version of PyTorch.</summary>
    public string Version { get; }

    /// <summary>Starts a script; null where there is no python3 with torch.</summary>
    public static Python? TryStart(string script, params string[] arguments)
    {
        // Debian's, and not what else may come first in the path.
        if (new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists) is not { } python)
            return null;
        var process = Process.Start(new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, script), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        if (process.StandardOutput.ReadLine() is { } version)
            return new Python(process, version);
        process.Dispose();
        return null;
    }

    /// <summary>The answer to a line.</summary>
    public string Ask(string line)
    {
        process.StandardInput.WriteLine(line);
        return process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The script ended.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
