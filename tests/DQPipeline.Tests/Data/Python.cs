using System.Diagnostics;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Data;

/// <summary>Runs scripts where Python has a module; skips where none has, and fails under CI.</summary>
internal static class Python
{
    /// <summary>A Python that has the module: of the PATH, else Debian's.</summary>
    public static string With(string module, string package) => RealData.Require(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin").Distinct()
            .Select(folder => Path.Combine(folder, "python3"))
            .FirstOrDefault(python => File.Exists(python) && Start(python, ["-c", $"import {module}"]).Code == 0),
        $"python3 with {module} (Debian: {package})");

    /// <summary>What a script prints; the test fails with its last words where it does.</summary>
    public static string Run(string python, string script, params string[] arguments)
    {
        var (code, output, error) = Start(python, ["-c", script, .. arguments]);
        Assert.True(code == 0, error);
        return output;
    }

    private static (int Code, string Output, string Error) Start(string python, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
