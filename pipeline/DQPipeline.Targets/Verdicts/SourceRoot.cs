using System.Text.RegularExpressions;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// The folder from which files are named to other programs: the root of the repository that the pipeline lies in, because that is where they look for them; the pipeline's
/// own folder where there is none.
/// </summary>
internal sealed class SourceRoot
{
    private readonly string _root;

    /// <summary>The root where a path begins with it, with the separator behind it where it goes on.</summary>
    private readonly Regex _rootInText;

    public SourceRoot(Workspace workspace)
    {
        _root = RepositoryOf(workspace.Folder) ?? workspace.Folder;
        _rootInText = new($@"(?<![\w.\-/\\]){Regex.Escape(_root)}(?:({Regex.Escape(Path.DirectorySeparatorChar.ToString())})|(?![\w\-]|\.\w))", RegexOptions.CultureInvariant);
        Declarations = Uri(workspace.DeclarationPath);
    }

    /// <summary>The URI of dq.json.</summary>
    public string Declarations { get; }

    /// <summary>Whether a place is in a file, and not in what was typed (<c>--set</c>).</summary>
    public static bool IsFile(SourcePlace place) => place.File is { Length: > 0 } file && !file.StartsWith("--", StringComparison.Ordinal);

    /// <summary>A file's URI, relative to the root where it lies below it; as diagnostics name files, from the current folder or in full.</summary>
    public string Uri(string file)
    {
        var full = Path.GetFullPath(file);
        var relative = Path.GetRelativePath(_root, full);
        return IsOutside(relative) ? new Uri(full).AbsoluteUri : string.Join('/', relative.Split(Path.DirectorySeparatorChar).Select(System.Uri.EscapeDataString));
    }

    /// <summary>A diagnostic in its canonical form, its file and those of its message named from the root.</summary>
    public string Line(Diagnostic diagnostic)
    {
        diagnostic = diagnostic with { Message = Without(diagnostic.Message) };
        if (diagnostic.Place is not { } place || !IsFile(place))
            return diagnostic.ToString();
        var relative = Path.GetRelativePath(_root, Path.GetFullPath(place.File));
        return IsOutside(relative) ? diagnostic.ToString() : (diagnostic with { Place = place with { File = relative.Replace('\\', '/') } }).ToString();
    }

    /// <summary>A text whose paths below the root are named from it.</summary>
    public string Without(string text) => _rootInText.Replace(text, match => match.Groups[1].Success ? "" : ".");

    private static bool IsOutside(string relative) => relative == ".." || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) || Path.IsPathRooted(relative);

    /// <summary>The nearest folder with a <c>.git</c>, which is a folder, or a file in a linked working tree.</summary>
    private static string? RepositoryOf(string folder)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git")))
                return at;
        }

        return null;
    }
}
