using System.CommandLine;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Reports;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class ReportCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("DIR TARGET")
        {
            Description = "The folder with the dq.json (default: this one), then what the page is about: a report of dq.json, an evaluation, a model. None is everything.",
            Arity = ArgumentArity.ZeroOrMore,
        }.OfTargets();
        var format = new Option<string>("--format") { Description = "html; md, for a pull request; json.", DefaultValueFactory = _ => "html" };
        format.AcceptOnlyFromAmong("html", "md", "json");
        var file = new Option<string?>("--out", "-o") { Description = "Where to write it. Default: .dq/report.html; md and json go to standard output.", HelpName = "FILE" };
        var against = new Option<string>("--against") { Description = "The git revision whose dq.lock accuracies are compared with.", HelpName = "REV", DefaultValueFactory = _ => "HEAD" };
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("report", """
            Write a page of what is recorded: gates, accuracies, charts, samples. Nothing is run.

            Examples:
              dq report                             .dq/report.html
              dq report . robustness --format md    one evaluation, for a pull request
              dq report --against main              with what became of things since main
            """) { words, format, file, against, set, device };
        command.SetAction((parsed, cancellation) =>
        {
            var (folder, targets) = Opened.Split(parsed.GetValue(words)!);
            var opened = Opened.At(folder, parsed.GetValue(set)!);
            // A report of dq.json by its name has its own options; what is typed comes first.
            var declared = targets.Count == 1 ? opened.Graph.Reports.FirstOrDefault(report => report.Matches(targets[0]))?.Declaration : null;
            var isTyped = parsed.GetResult(against) is { Implicit: false };
            var asked = (declared ?? new ReportDeclaration()) with { Against = isTyped || declared is null ? parsed.GetValue(against)! : declared.Against };
            var content = ReportContent.Create(opened.Workspace, opened.Graph, asked, Opened.Options(parsed.GetValue(device)!) with { Select = targets }, $"dq {ToolVersion.Text}", isTyped, cancellation);
            var chosen = parsed.GetValue(format)!;
            var text = ReportFiles.Text(chosen == "md" ? ReportDeclaration.Markdown : chosen, content);
            if (parsed.GetValue(file) is null && chosen != "html")
            {
                Output.Data(text.TrimEnd('\n'));
                return Task.FromResult(DqCommand.Done);
            }

            var path = parsed.GetValue(file) ?? Path.Combine(opened.Workspace.DqFolder, "report.html");
            AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(text));
            Output.Line($"dq: wrote {SourcePlace.Shown(path)}");
            return Task.FromResult(DqCommand.Done);
        });
        return command;
    }
}
