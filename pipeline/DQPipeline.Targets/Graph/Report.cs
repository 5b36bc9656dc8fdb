using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// A page about some targets. It is no target itself, but a view of what dq.lock records and .dq/out holds: it has no key and no place in dq.lock, and is written by each build in which it changes,
/// as the model cards are. So it may tell what became of things since the last commit, which no key could hold.
/// </summary>
public sealed class Report
{
    /// <summary>What the files are called, by format, in the folder of the report's name.</summary>
    private static readonly Dictionary<string, string> s_files = new()
    {
        [ReportDeclaration.Html] = "report.html",
        [ReportDeclaration.Markdown] = "report.md",
        [ReportDeclaration.Json] = "report.json",
    };

    internal Report(ReportDeclaration declaration, IReadOnlyList<Target> targets) => (Declaration, Targets) = (declaration, targets);

    /// <summary>What dq.json says.</summary>
    public ReportDeclaration Declaration { get; }

    /// <summary>Its name.</summary>
    public string Name => Declaration.Name;

    /// <summary>What it is about, in the order of the declarations.</summary>
    public IReadOnlyList<Target> Targets { get; }

    /// <summary>Its files by format, in the order of the declaration.</summary>
    public IReadOnlyList<(string Format, string File)> Files => [.. Declaration.Formats.Select(format => (format, s_files[format]))];

    /// <summary>Whether a name that a person gave means this report.</summary>
    public bool Matches(string selector) => selector == Name || selector == $"report/{Name}";
}
