using System.Diagnostics;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>What a command of Slurm said.</summary>
internal sealed record CommandAnswer(int ExitCode, string Output, string Error)
{
    /// <summary>The complaint in one line.</summary>
    public string Complaint => (Error.Length > 0 ? Error : Output).ReplaceLineEndings(" ").Trim() is { Length: > 0 } text ? text : $"exit code {ExitCode}";
}

/// <summary>Runs Slurm's own commands, which know the cluster, its controllers and who the user is.</summary>
/// <param name="folder">Where they lie; empty for the path.</param>
internal sealed class SlurmCommands(string folder)
{
    /// <summary>A job inherits the environment of its submission, and a worker needs none of these.</summary>
    private const string SecretsPrefix = "DQ_CACHE_";

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="DqException">DQ6020: there is no such command here.</exception>
    /// <exception cref="OperationCanceledException">It was broken off; what it asked of the cluster may have been done.</exception>
    public async Task<CommandAnswer> RunAsync(string command, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, command), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(SecretsPrefix, StringComparison.Ordinal)).ToList())
            _ = start.Environment.Remove(name);
        using var process = Start(start, command);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    private static Process Start(ProcessStartInfo start, string command)
    {
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException("no process was started");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new DqException(DiagnosticCodes.ClusterRefuses, $"Slurm's {command} cannot be run here: {e.Message}; build where its commands are, as on a login node, or without --executor slurm", inner: e);
        }
    }
}
