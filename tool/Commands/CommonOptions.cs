using System.CommandLine;

namespace DQPipeline.Tool.Commands;

/// <summary>Options that several commands share, each made anew because a symbol belongs to one command.</summary>
internal static class CommonOptions
{
    public static Argument<string> Folder() => new("DIR")
    {
        Description = "The folder with the dq.json.",
        DefaultValueFactory = _ => ".",
    };

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
