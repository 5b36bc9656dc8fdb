using System.Diagnostics;
using SharpFuzz;

namespace DQPipeline.Fuzz;

/// <summary>A copy of this program whose DQPipeline assemblies count their branches (SharpFuzz). The libraries they use stay as they are.</summary>
internal static class Instrumentation
{
    private const string Mark = "DQ_FUZZ_INSTRUMENTED";

    /// <summary>Whether this process is such a copy.</summary>
    public static bool IsHere => Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Makes the copy in a temporary folder, which the caller deletes.</summary>
    public static string Copy()
    {
        var folder = Directory.CreateTempSubdirectory("dq-fuzz-").FullName;
        var own = Path.GetFileName(typeof(Instrumentation).Assembly.Location);
        foreach (var path in Directory.EnumerateFileSystemEntries(AppContext.BaseDirectory))
        {
            var name = Path.GetFileName(path);
            var copy = Path.Combine(folder, name);
            var isOurs = name.StartsWith("DQPipeline.", StringComparison.Ordinal) && name.EndsWith(".dll", StringComparison.Ordinal);
            if (isOurs)
                File.Copy(path, copy);
            else if (File.Exists(path))
                _ = File.CreateSymbolicLink(copy, path);
            else
                _ = Directory.CreateSymbolicLink(copy, path);
            if (isOurs && name != own)
                _ = Fuzzer.Instrument(copy, _ => true, Options.Value);
        }

        return folder;
    }

    /// <summary>Runs the program of a copy.</summary>
    /// <returns>Its exit code.</returns>
    public static int Run(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(folder, Path.GetFileName(typeof(Instrumentation).Assembly.Location)));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment[Mark] = "1";
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
