using System.CommandLine;
using DQPipeline.Reports;
using DQPipeline.Targets.Reports;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class MetricsDiffCommand
{
    public static Command Create()
    {
        var revision = new Argument<string>("REV") { Description = "A commit, branch or tag.", DefaultValueFactory = _ => "HEAD" };
        var folder = CommonOptions.Folder();
        var format = new Option<string>("--format") { Description = "table; markdown, for a pull request; json.", HelpName = "table|markdown|json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "markdown", "json");
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("diff", """
            Compare the recorded accuracies with those of a git revision, image by image where the images are the same.

            Examples:
              dq metrics diff               since the last commit
              dq metrics diff main --format markdown
            """) { revision, folder, format, set, device };
        command.SetAction(parsed =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var now = MetricsReport.Create(opened.Workspace, opened.Graph, Opened.Options(parsed.GetValue(device)!));
            var since = RevisionReport.Create(opened.Workspace, opened.Graph, now, parsed.GetValue(revision)!);
            switch (parsed.GetValue(format))
            {
                case "json": Output.Data(ToolJson.Since(since)); break;
                case "markdown": Output.Data(MarkdownReport.Write(since).TrimEnd('\n')); break;
                default: DifferenceTable.Print(since); break;
            }

            return DqCommand.Done;
        });
        return command;
    }
}
