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

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Print diagnostics only." };
}
