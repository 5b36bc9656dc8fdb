using System.Globalization;

namespace DQPipeline.Targets.Outputs;

/// <summary>Comma-separated values (RFC 4180, with '\n' as line end).</summary>
public static class Csv
{
    /// <summary>A line with its end; a value with a comma, a quote or a line break stands in quotes.</summary>
    public static string Line(params IEnumerable<string> values) => string.Join(',', values.Select(Quoted)) + "\n";

    /// <summary>A number in shortest round-trip form; nothing for null.</summary>
    public static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Quoted(string value) => value.AsSpan().ContainsAny(",\"\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}
