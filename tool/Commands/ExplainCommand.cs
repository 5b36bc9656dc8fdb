using System.CommandLine;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Verdicts;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class ExplainCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("what") { Description = "A code such as DQ4001, or a target of this folder, or of the folder before it.", Arity = ArgumentArity.OneOrMore, HelpName = "CODE | [DIR] TARGET…" }.OfTargets([.. DiagnosticsPage.Rules.Select(rule => rule.Code)]);
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("explain", """
            Tell what a code means and how it is mended, or how a target stands: why it is stale, what its key is made of, what it reads, makes and feeds.

            Examples:
              dq explain DQ4001
              dq explain dq
              dq explain examples/quickstart robustness/dq/pgd
            """) { words, set, device };
        command.SetAction(parsed =>
        {
            var asked = parsed.GetValue(words)!;
            if (asked is [var code] && IsCode(code))
            {
                Output.Data(Explanation.Of(Rule(code)));
                return DqCommand.Done;
            }

            var (folder, targets) = Opened.Split(asked);
            var opened = Opened.At(folder, parsed.GetValue(set)!);
            var found = StatusReport.Explain(opened.Workspace, opened.Graph, Opened.Options(parsed.GetValue(device)!) with { Select = targets });
            Output.Data(string.Join("\n\n", found.Select(target => Explanation.Of(target, opened.Workspace, isWhole: found.Count == 1))));
            return DqCommand.Done;
        });
        return command;
    }

    private static bool IsCode(string word) => word.Length == 6 && word.StartsWith("DQ", StringComparison.OrdinalIgnoreCase) && word.AsSpan(2).IndexOfAnyExceptInRange('0', '9') < 0;

    private static DiagnosticRule Rule(string code)
    {
        var rules = DiagnosticsPage.Rules;
        return rules.FirstOrDefault(rule => rule.Code.Equals(code, StringComparison.OrdinalIgnoreCase))
            ?? throw new DqException(DiagnosticCodes.UnknownName, $"there is no code {code.ToUpperInvariant()}{Spelling.DidYouMean(code.ToUpperInvariant(), [.. rules.Select(rule => rule.Code)])}");
    }
}
