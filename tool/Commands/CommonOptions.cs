using System.CommandLine;
using System.CommandLine.Parsing;
using DQPipeline.Declarations;

namespace DQPipeline.Tool.Commands;

/// <summary>Options that several commands share, each made anew because a symbol belongs to one command.</summary>
internal static class CommonOptions
{
    public static Argument<string> Folder() => new Argument<string>("DIR")
    {
        Description = "The folder with the dq.json.",
        DefaultValueFactory = _ => ".",
    }.NoOption();

    /// <summary>As <see cref="Folder"/>, for commands that need no dq.json in it, and so would find nothing wrong with a folder that is not there.</summary>
    public static Argument<string> ExistingFolder()
    {
        var folder = Folder();
        folder.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }] && !path.StartsWith('-') && !Directory.Exists(path))
                result.AddError($"there is no folder \"{path}\"");
        });
        return folder;
    }

    /// <summary>Refuses words that are mistyped options, which the parser takes for arguments.</summary>
    public static T NoOption<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            var options = result.Parent is CommandResult parent ? parent.Command.Options.Select(option => option.Name) : [];
            foreach (var token in result.Tokens.Where(token => token.Value.Length > 1 && token.Value.StartsWith('-')))
                result.AddError($"there is no option {token.Value}{Spelling.DidYouMean(token.Value, options)}");
        });
        return argument;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON on standard output." };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Lay a value over dq.json: --set train.dq.lipschitz.beta=2e-3. May be given several times.",
        HelpName = "path=value",
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public static Option<string> Device()
    {
        var option = new Option<string>("--device") { Description = "auto takes a GPU where there is one.", DefaultValueFactory = _ => "auto" };
        return option.AcceptOnlyFromAmong("auto", "cpu", "cuda");
    }

    /// <summary>How much a build tells, with MSBuild's words and their initials.</summary>
    public static Option<string> Verbosity()
    {
        var option = new Option<string>("--verbosity", "-v")
        {
            Description = "q[uiet]: diagnostics; m[inimal]: how it ended; n[ormal]; d[etailed]: why each target runs; diag[nostic]: every step.",
            HelpName = "LEVEL",
            DefaultValueFactory = _ => "normal",
        };
        return option.AcceptOnlyFromAmong("q", "quiet", "m", "minimal", "n", "normal", "d", "detailed", "diag", "diagnostic");
    }

    /// <summary>The level of a word that <see cref="Verbosity()"/> takes.</summary>
    public static Terminal.Verbosity LevelOf(string word) => word switch
    {
        "diag" or "diagnostic" => Terminal.Verbosity.Diagnostic,
        _ => word[0] switch { 'q' => Terminal.Verbosity.Quiet, 'm' => Terminal.Verbosity.Minimal, 'd' => Terminal.Verbosity.Detailed, _ => Terminal.Verbosity.Normal },
    };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Print diagnostics only." };
}
