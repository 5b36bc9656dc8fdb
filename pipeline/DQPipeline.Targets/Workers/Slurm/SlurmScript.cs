using System.Globalization;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>What is handed to sbatch.</summary>
internal static class SlurmScript
{
    /// <summary>Begins the line that each start of a job writes among its events.</summary>
    public const string StartMark = "==== Slurm job ";

    /// <summary>The comment by which a submission is found in the queue.</summary>
    public static string Comment(string token) => $"dq:{token}";

    /// <summary>The arguments of sbatch but for the script.</summary>
    public static IReadOnlyList<string> Arguments(SlurmDeclaration settings, Workspace workspace, string token, IReadOnlyList<WorkerJob> jobs)
    {
        var single = jobs.Count == 1;
        // In a path of sbatch, % begins a pattern.
        var printed = Path.Combine(workspace.SlurmFolder, token).Replace("%", "%%", StringComparison.Ordinal) + (single ? "" : "-%a") + $"/{SubmittedJob.PrintedName}";
        List<string> arguments =
        [
            "--parsable",
            "--requeue",
            "--open-mode=append",
            $"--job-name={(single ? jobs[0].Name : jobs[0].Matrix)}",
            $"--comment={Comment(token)}",
            $"--chdir={workspace.Folder}",
            $"--output={printed}",
            "--nodes=1",
            "--ntasks=1",
            string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={jobs[0].Threads}"),
        ];
        if (!single)
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"--array=0-{jobs.Count - 1}"));
        if (settings.Partition.Length > 0)
            arguments.Add($"--partition={settings.Partition}");
        if (settings.Time.Length > 0)
            arguments.Add($"--time={settings.Time}");
        if (settings.Memory.Length > 0)
            arguments.Add($"--mem={settings.Memory}");
        if (settings.Gpus > 0)
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"--gres=gpu:{settings.Gpus}"));
        arguments.AddRange(settings.Options);
        return arguments;
    }

    /// <summary>The script: each start, be it the first or one after a requeue, begins with an empty output folder, and ends as the worker, which so gets Slurm's signals itself.</summary>
    public static string Text(IReadOnlyList<SubmittedJob> submitted, int threads, string fileName, IEnumerable<string> arguments)
    {
        var text = new StringBuilder("#!/bin/bash\n");
        _ = text.Append(CultureInfo.InvariantCulture, $"folders=({string.Join(' ', submitted.Select(one => Quoted(one.Folder)))})\n")
            .Append("home=$PWD\n")
            .Append("cd -- \"${folders[${SLURM_ARRAY_TASK_ID:-0}]}\" && folder=$PWD && rm -rf -- out && mkdir -- out || exit 1\n")
            .Append(CultureInfo.InvariantCulture, $"printf '\\n{StartMark}%s, start %s, on %s\\n' \"$SLURM_JOB_ID\" \"$((${{SLURM_RESTART_COUNT:-0}} + 1))\" \"$(uname -n)\" >> events.jsonl || exit 1\n")
            .Append("cd -- \"$home\" || exit 1\n")
            .Append(CultureInfo.InvariantCulture, $"export {string.Join(' ', WorkerEnvironment.Threads(threads).Select(one => $"{one.Name}={one.Value}"))}\n")
            .Append(CultureInfo.InvariantCulture, $"export {WorkerEnvironment.Tunables}={WorkerEnvironment.HugePages}${{{WorkerEnvironment.Tunables}:+:${WorkerEnvironment.Tunables}}}\n")
            .Append(CultureInfo.InvariantCulture, $"exec {string.Join(' ', arguments.Prepend(fileName).Select(Quoted))} \"$folder/{SubmittedJob.JobName}\" >> \"$folder/events.jsonl\"\n");
        return text.ToString();
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
