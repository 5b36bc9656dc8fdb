using System.Diagnostics;
using System.Globalization;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Benchmarks;

/// <summary>This program once more under another verb, as a process with a memory of its own, and what such a process can say of itself.</summary>
internal static class MeasuredProcess
{
    /// <summary>Starts it with a worker's environment and waits for the numbers that it prints, with spaces between.</summary>
    public static double[] Run(IReadOnlyList<string> arguments, int threads, bool hugePages = true)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        WorkerEnvironment.Set(start.Environment, threads);
        if (!hugePages)
            _ = start.Environment.Remove(WorkerEnvironment.Tunables);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(output);
        return [.. output.Trim().Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    /// <summary>The most memory that this process ever had, in MB.</summary>
    public static double Peak()
    {
        const string name = "VmHWM:";
        if (File.Exists("/proc/self/status"))
            return long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / 1e6;
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64 / 1e6;
    }

    /// <summary>Pages that this process had from the kernel: the tenth field of proc(5)'s stat, the eighth behind the program's name.</summary>
    public static long Faults()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
