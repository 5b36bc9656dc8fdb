using System.Diagnostics;

namespace DQPipeline.Targets.Tests;

/// <summary>Slurm's commands as shell scripts in a folder of their own. In them <c>$S</c> is a folder, and <c>$S/folder</c> names that of the job submitted last.</summary>
internal sealed class FakeSlurm : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dq-fake-slurm-");

    public FakeSlurm()
    {
        OnSubmit("exit 1");
        OnAsk("exit 1");
        foreach (var command in (string[])["scancel", "scontrol"])
            Script(command, $"echo \"$@\" >> {At(command)}.calls");
    }

    public string Folder => _home.FullName;

    public string At(string name) => Path.Combine(_home.FullName, name);

    /// <summary>What sbatch does.</summary>
    public void OnSubmit(string script) => Script("sbatch", $"""
        S={_home.FullName}
        printf '%s\t' "$@" >> $S/submissions; echo >> $S/submissions
        for last; do :; done; dirname "$last" > $S/folder
        {script}
        """);

    /// <summary>What squeue does.</summary>
    public void OnAsk(string script) => Script("squeue", $"S={_home.FullName}\n{script}");

    /// <summary>Makes a script, and says where it lies.</summary>
    public string Script(string name, string text)
    {
        var path = At(name);
        // Another test may start a process at any moment, which holds what this one has open for writing until it is a program of its own; and nobody runs a file that is open for writing. So it never is here.
        using var writer = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat > \"$1\" && chmod 700 \"$1\"", "sh", path]) { RedirectStandardInput = true })!;
        writer.StandardInput.Write("#!/bin/sh\n" + text + "\n");
        writer.StandardInput.Close();
        writer.WaitForExit();
        Assert.Equal(0, writer.ExitCode);
        return path;
    }

    /// <summary>The arguments of each sbatch so far.</summary>
    public IReadOnlyList<string[]> Submissions() => !File.Exists(At("submissions")) ? [] : [.. File.ReadAllLines(At("submissions")).Select(line => line.Split('\t'))];

    /// <summary>The arguments of each call of a command so far.</summary>
    public string[] Calls(string command) => File.Exists(At(command + ".calls")) ? File.ReadAllLines(At(command + ".calls")) : [];

    public void Dispose() => _home.Delete(recursive: true);
}
