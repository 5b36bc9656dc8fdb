using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Reports;
using DQPipeline.Reports.Pages;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>Writes the reports that dq.json declares, at the end of a build that changed something in them.</summary>
internal static class ReportFiles
{
    /// <summary>The text of a report in a format of <see cref="ReportDeclaration.Formats"/>.</summary>
    public static string Text(string format, ReportContent content) => format switch
    {
        ReportDeclaration.Html => HtmlReport.Write(content),
        ReportDeclaration.Markdown => MarkdownReport.Write(content),
        _ => ToolJson.Report(content) + "\n",
    };

    /// <summary>Writes those reports of which the build was about all or a part, and that say something new.</summary>
    /// <returns>The result, with an error in it where a page could not be written: one that says what no longer holds is worse than none.</returns>
    public static BuildResult Update(Opened opened, BuildOptions options, BuildResult result, CancellationToken cancellation)
    {
        if (opened.Graph.Reports.Count == 0 || result.ExitCode == DqCommand.Cancelled)
            return result;
        var built = result.Targets.Select(target => target.Target).ToHashSet();
        var isStill = result.Targets.All(target => target.Outcome == Outcome.UpToDate);
        var memory = new ReportMemory(opened.Workspace, options, $"{ToolVersion.Text} {typeof(HtmlReport).Module.ModuleVersionId}");
        foreach (var report in opened.Graph.Reports.Where(report => report.Targets.Any(built.Contains)))
        {
            if (isStill && memory.Holds(report))
                continue;
            try
            {
                Update(opened, report, options, cancellation);
                memory.Remember(report);
            }
            catch (DqException failure)
            {
                foreach (var diagnostic in failure.Diagnostics)
                    Output.Diagnostic(diagnostic);
                result = result with { ExitCode = DqCommand.TargetFailed, Diagnostics = [.. result.Diagnostics, .. failure.Diagnostics], StandsStill = false };
            }
        }

        return result;
    }

    private static void Update(Opened opened, Report report, BuildOptions options, CancellationToken cancellation)
    {
        var content = ReportContent.Create(
            opened.Workspace, opened.Graph, report.Declaration, options with { Select = [.. report.Targets.Select(target => target.Id)] }, $"dq {ToolVersion.Text}", compares: false, cancellation);
        foreach (var (format, file) in report.Files)
        {
            var path = opened.Workspace.OutputPath(report.Name, file);
            var bytes = Encoding.UTF8.GetBytes(Text(format, content));
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
                continue;
            AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, bytes);
        }
    }
}
