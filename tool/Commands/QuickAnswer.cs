using System.Diagnostics;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>
/// Answers the plain `dq build [DIR]` of a folder where nothing has changed since the last one, before the command line, JSON or the graph cost anything: the build
/// that developers run most often has nothing to do.
/// </summary>
internal static class QuickAnswer
{
    /// <summary>The exit code; null where the ordinary way has to be gone.</summary>
    public static int? Give(string[] args)
    {
        var start = Stopwatch.GetTimestamp();
        if (args is not ["build", .. { Length: <= 1 } rest])
            return null;
        var folder = rest.Length == 1 ? rest[0] : ".";
        if (folder.StartsWith('-') || !File.Exists(Path.Combine(folder, PipelineFile.Name)) || DeviceKind.MayHaveGpu)
            return null;
        if (Standstill.Recall(new Workspace(folder), Opened.Method, "cpu") is not { } targets)
            return null;
        BuildSummary.PrintUpToDate(targets, Stopwatch.GetElapsedTime(start));
        return DqCommand.Done;
    }
}
