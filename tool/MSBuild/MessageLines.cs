using System.Globalization;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Tool.MSBuild;

/// <summary>How much a message matters in MSBuild's words.</summary>
internal enum Importance
{
    /// <summary>Seen in detailed logs and binlogs.</summary>
    Low,

    /// <summary>Seen at normal verbosity.</summary>
    Normal,

    /// <summary>Seen by everybody.</summary>
    High,
}

/// <summary>
/// What the tool tells the MSBuild task, a line each on standard output: <c>##dq</c>, the kind and its fields, separated by tabs, with <c>\t \n \r \\</c> for what would
/// break a line. The other side is tasks/MessageLine.cs.
/// </summary>
internal static class MessageLines
{
    private const string Mark = "##dq";

    private static readonly Lock s_gate = new();
    private static readonly StringBuilder s_said = new();

    /// <summary>All that was said so far, for <see cref="Repeat"/>.</summary>
    public static string Said
    {
        get
        {
            lock (s_gate)
                return s_said.ToString();
        }
    }

    /// <summary>Says again what was <see cref="Said"/> elsewhere; in bytes, because a console's encoder costs more than the rest of such an answer.</summary>
    public static void Repeat(string said)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(said));
    }

    public static void Version() => Write("version", ToolVersion.Text);

    public static void Message(Importance importance, string text) => Write(importance.ToString().ToLowerInvariant(), text);

    public static void Diagnostic(Diagnostic diagnostic) => Write(
        diagnostic.Severity == Severity.Error ? "error" : "warning",
        diagnostic.Code,
        diagnostic.Place?.File ?? "",
        Number(diagnostic.Place?.Line ?? 0),
        Number(diagnostic.Place?.Column ?? 0),
        diagnostic.Message);

    /// <summary>A packaged model: its package and format, its file, the shape of its images, its labels. One that is declared and not there has no file, no shape and no labels.</summary>
    public static void Model(string package, string format, string path, int channels, int height, int width, IReadOnlyList<string> labels) =>
        Write(["model", package, format, path, Number(channels), Number(height), Number(width), .. labels]);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Write(params ReadOnlySpan<string> fields)
    {
        var line = new StringBuilder(Mark);
        foreach (var field in fields)
            line.Append('\t').Append(field.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal));
        line.Append('\n');
        lock (s_gate)
        {
            s_said.Append(line);
            Console.Out.Write(line.ToString());
        }
    }
}
