using System.CommandLine;
using System.CommandLine.Parsing;
using DQPipeline.Reports;
using DQPipeline.Targets.Reports;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class MetricsDiffCommand
{
    /// <summary>The command.</summary>
    /// <param name="above">The folder of `dq metrics`, which may stand before "diff" too.</param>
    public static Command Create(Argument<string> above)
    {
        var revision = new Argument<string>("REV") { Description = "A commit, branch or tag.", DefaultValueFactory = _ => "HEAD" }.NoOption();
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
        command.Validators.Add(result =>
        {
            var before = result.Parent is CommandResult parent ? parent.Children : [];
            foreach (var option in before.OfType<OptionResult>().Where(option => !option.Implicit))
                result.AddError($"{option.Option.Name} belongs behind \"diff\"");
            if (before.OfType<ArgumentResult>().Any(IsTyped) && result.Children.OfType<ArgumentResult>().Any(argument => argument.Argument == folder && IsTyped(argument)))
                result.AddError("a folder stands before \"diff\" and another behind it; name one");
        });
        command.SetAction(parsed =>
        {
            var at = parsed.GetResult(above) is { } typed && IsTyped(typed) ? above : folder;
            var opened = Opened.At(parsed.GetValue(at)!, parsed.GetValue(set)!);
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

    private static bool IsTyped(ArgumentResult argument) => argument.Tokens.Count > 0;
}
