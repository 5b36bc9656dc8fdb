using System.CommandLine;
using System.Diagnostics;
using System.Text;

namespace DQPipeline.Journeys;

/// <summary>Runs the built tool as a user runs it.</summary>
internal static class DqTool
{
    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = Testing.Repository.Root;

    /// <summary>Debug or Release, as these tests.</summary>
    public static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

    /// <summary>The tool's program, of the same configuration as these tests.</summary>
    public static string Program { get; } = Path.Combine(Repository, "tool", "bin", Configuration, "net10.0", "dotnet-dq");

    /// <summary>All commands that people see, those below others too, each with the words that lead to it: "cache gc".</summary>
    public static IEnumerable<(string Words, Command Command)> Commands()
    {
        return Below(Tool.Commands.DqCommand.Root(), "");

        static IEnumerable<(string Words, Command Command)> Below(Command parent, string words) =>
            parent.Subcommands.Where(command => !command.Hidden).SelectMany(command => Below(command, $"{words}{command.Name} ").Prepend(($"{words}{command.Name}", command)));
    }

    public static Task<Ran> RunAsync(string folder, params string[] arguments) => RunAsync(folder, null, arguments);

    public static async Task<Ran> RunAsync(string folder, Action<ProcessStartInfo>? configure, params string[] arguments)
    {
        using var process = Start(folder, configure, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ran(process.ExitCode, await output, await error);
    }

    public static Process Start(string folder, Action<ProcessStartInfo>? configure, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        configure?.Invoke(start);
        return Process.Start(start)!;
    }
}

/// <summary>What a run of the tool left behind.</summary>
internal sealed record Ran(int Code, string Output, string Error)
{
    /// <summary>Fails the test with everything that was printed when the exit code is another.</summary>
    public Ran Expect(int code)
    {
        Assert.True(Code == code, $"exit code {Code} instead of {code}\n{Output}\n{Error}");
        // Whatever goes wrong, nobody is shown a stack trace.
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", Error, StringComparison.Ordinal);
        return this;
    }
}
