using System.CommandLine;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>Prints a shell's completion script. The script asks <see cref="SuggestCommand"/> what can follow.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", Shells) };
        shell.AcceptOnlyFromAmong(Shells);
        var command = new Command("completion", """
            Print a script that completes commands, options, targets and models in a shell.

            Examples:
              source <(dotnet dq completion bash)                           in ~/.bashrc
              source <(dotnet dq completion zsh)                            in ~/.zshrc, after compinit
              dotnet dq completion fish | source                            in ~/.config/fish/config.fish
              dotnet dq completion pwsh | Out-String | Invoke-Expression    in $PROFILE
            """) { shell };
        command.SetAction(parsed =>
        {
            Output.Data(Script(parsed.GetValue(shell)!));
            return DqCommand.Done;
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var stream = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{shell}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd();
    }
}
