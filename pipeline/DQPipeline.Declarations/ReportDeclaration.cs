namespace DQPipeline.Declarations;

/// <summary>A page of what was found: gates, accuracies, charts as the paper has them, sample images, and how all of it was made. Written anew by each build that changes something in it.</summary>
public sealed record ReportDeclaration
{
    /// <summary>The page as one file of HTML, which needs no other.</summary>
    public const string Html = "html";

    /// <summary>The tables as Markdown, for a pull request.</summary>
    public const string Markdown = "markdown";

    /// <summary>The figures for programs.</summary>
    public const string Json = "json";

    /// <summary>The report's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>What it is about: evaluations, distances, certificates, samples, packages or models, by the names that <c>dq build</c> takes. The default is everything.</summary>
    public IReadOnlyList<string> Of { get; init; } = [];

    /// <summary>The page's title. The default is the name of the folder that dq.json is in.</summary>
    public string Title { get; init; } = "";

    /// <summary><c>html</c>, <c>markdown</c> and <c>json</c>, each a file. The default is html.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [Html];

    /// <summary>The git revision whose dq.lock accuracies are compared with; where git cannot tell, nothing is compared. The default is HEAD.</summary>
    public string Against { get; init; } = "HEAD";
}
