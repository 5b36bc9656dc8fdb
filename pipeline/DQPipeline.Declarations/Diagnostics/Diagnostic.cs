namespace DQPipeline.Declarations;

/// <summary>How much a diagnostic matters: an error fails what it is about, a warning does not.</summary>
public enum Severity
{
    /// <summary>Fails the file, the target or the gate it is about.</summary>
    Error,

    /// <summary>Worth a person's look; fails nothing.</summary>
    Warning,
}

/// <summary>A place in a file: 1-based line and column; 0 where the place is the file as a whole.</summary>
public readonly record struct SourcePlace(string File, int Line = 0, int Column = 0)
{
    /// <summary>The file's name, followed by <c>(line,column)</c> where they are known.</summary>
    public override string ToString() => Line > 0 ? $"{File}({Line},{Column})" : File;

    /// <summary>A file's path as messages show it: relative to the current folder where that is shorter.</summary>
    /// <param name="path">The path.</param>
    public static string Shown(string path)
    {
        var full = Path.GetFullPath(path);
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, full);
        return relative.Length < full.Length ? relative : full;
    }
}

/// <summary>One finding, with its code (<see cref="DiagnosticCodes"/>), its place and what to do about it.</summary>
/// <param name="Code">A code of the form <c>DQ1003</c>.</param>
/// <param name="Message">What is wrong and how it is mended, without a line break.</param>
/// <param name="Place">Where, if it has a place.</param>
/// <param name="Severity">Error unless told.</param>
public sealed record Diagnostic(string Code, string Message, SourcePlace? Place = null, Severity Severity = Severity.Error)
{
    /// <summary>The canonical form that MSBuild, editors and CI understand: <c>dq.json(12,9): error DQ1003: text</c>.</summary>
    public override string ToString()
    {
        // One line each, whatever the names of files in it hold.
        var origin = Place is { } place ? $"{place}: " : "dq: ";
        return PlainText.Of($"{origin}{(Severity == Severity.Error ? "error" : "warning")} {Code}: {Message}");
    }
}

/// <summary>Carries one or more diagnostics up to whoever prints them. Every failure a user can cause or meet ends as one.</summary>
public sealed class DqException : Exception
{
    /// <summary>An exception with the diagnostics that it reports, at least one.</summary>
    public DqException(IReadOnlyList<Diagnostic> diagnostics, Exception? inner = null)
        : base(string.Join(Environment.NewLine, diagnostics), inner) => Diagnostics = diagnostics;

    /// <summary>An exception with one diagnostic.</summary>
    public DqException(string code, string message, SourcePlace? place = null, Exception? inner = null)
        : this([new Diagnostic(code, message, place)], inner)
    {
    }

    /// <summary>What is wrong, at least one entry.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }
}
