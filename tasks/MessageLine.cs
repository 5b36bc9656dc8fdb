using System.Globalization;
using System.Text;

namespace DQPipeline.MSBuild;

/// <summary>A line that the tool says to the task: <c>##dq</c>, a kind and fields, separated by tabs. Written by tool/MSBuild/MessageLines.cs.</summary>
internal sealed class MessageLine
{
    private const string Mark = "##dq\t";

    private readonly List<string> _fields;

    private MessageLine(List<string> fields) => _fields = fields;

    /// <summary>version, low, normal, high, warning, error or model.</summary>
    public string Kind => _fields[0];

    /// <summary>How many fields follow the kind.</summary>
    public int Count => _fields.Count - 1;

    /// <summary>A field after the kind, from 0; empty where there is none.</summary>
    public string this[int index] => index + 1 < _fields.Count ? _fields[index + 1] : "";

    /// <summary>The line as it was meant; null where it is anything else.</summary>
    public static MessageLine? TryParse(string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
            return null;
        var fields = new List<string>();
        foreach (var field in line.Substring(Mark.Length).Split('\t'))
            fields.Add(Unescape(field));
        return new MessageLine(fields);
    }

    /// <summary>A field as a number; 0 where it is none.</summary>
    public int Number(int index) => int.TryParse(this[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static string Unescape(string field)
    {
        if (field.IndexOf('\\') < 0)
            return field;
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            var isEscape = field[i] == '\\' && i + 1 < field.Length;
            text.Append(!isEscape ? field[i] : field[++i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', var other => other });
        }

        return text.ToString();
    }
}
