using System.Diagnostics;

namespace DQPipeline.Faults;

/// <summary>Commands of the system.</summary>
internal static class Shell
{
    /// <summary>Whether disks can be mounted.</summary>
    public static bool IsRoot { get; } = Environment.IsPrivilegedProcess;

    /// <summary>Runs a command that must succeed.</summary>
    public static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {said}");
    }
}
