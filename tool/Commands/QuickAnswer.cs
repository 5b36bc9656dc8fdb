using System.Diagnostics;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>
/// Answers where nothing has changed since the last build, before the command line, JSON or the graph cost anything: the plain `dq build [DIR]`, and what the MSBuild package
/// asks. The build that developers run most often has nothing to do.
/// </summary>
internal static class QuickAnswer
{
    /// <summary>The exit code; null where the ordinary way has to be gone.</summary>
    public static int? Give(string[] args) => DeviceKind.MayHaveGpu ? null : args switch
    {
        ["build", .. { Length: <= 1 } rest] => Build(rest.Length == 1 ? rest[0] : "."),
        ["msbuild", var request, var command, .. var rest] => MSBuild(request, command, rest),
        _ => null,
    };

    /// <summary>The memory of a request of the MSBuild package. What it holds is all that the request was answered with.</summary>
    public static Standstill MemoryOf(string request, string command, string kind) =>
        new(Path.GetFullPath(request + ".answer"), Opened.Method, "cpu", $"{typeof(QuickAnswer).Module.ModuleVersionId} {command} {kind}");

    private static int? Build(string folder)
    {
        var start = Stopwatch.GetTimestamp();
        if (folder.Length == 0 || folder.StartsWith('-') || !File.Exists(Path.Combine(folder, PipelineFile.Name)))
            return null;
        if (new Standstill(new Workspace(folder), Opened.Method, "cpu").Recall() is not { } text || StandstillAnswer.Read(text) is not { } answer)
            return null;
        foreach (var warning in answer.Warnings)
            Output.Diagnostic(warning);
        BuildSummary.PrintUpToDate(answer.Targets, Stopwatch.GetElapsedTime(start));
        return DqCommand.Done;
    }

    private static int? MSBuild(string request, string command, string[] rest)
    {
        if (command is not ("build" or "locked"))
            return null;
        var kind = Array.IndexOf(rest, "--kind") is >= 0 and var at && at + 1 < rest.Length ? rest[at + 1] : "";
        if (MemoryOf(request, command, kind).Recall() is not { } answer)
            return null;
        MessageLines.Repeat(answer);
        return DqCommand.Done;
    }
}
