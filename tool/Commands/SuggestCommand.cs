using System.CommandLine;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>What completion scripts ask: what can stand at the end of what is typed, a line each.</summary>
internal static class SuggestCommand
{
    public static Command Create()
    {
        var typed = new Argument<string>("TYPED") { Description = "What stands behind the program's name, up to the cursor.", DefaultValueFactory = _ => "" };
        var command = new Command("suggest", "Print what can stand at the end of a command line; for completion scripts.") { typed };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Output.Data(string.Join('\n', For(parsed.GetValue(typed)!)));
            return DqCommand.Done;
        });
        return command;
    }

    private static IEnumerable<string> For(string typed)
    {
        var current = typed[(typed.LastIndexOfAny([' ', '\t']) + 1)..];
        // Options where one was begun, and not among what one goes on with; and --help has no need of its five other names.
        return DqCommand.Root().Parse(typed).GetCompletions(typed.Length).Select(item => item.InsertText ?? item.Label)
            .Where(word => word.StartsWith(current, StringComparison.Ordinal) && word.StartsWith('-') == current.StartsWith('-') && word is not ("-?" or "/?" or "/h"));
    }
}
