using DQPipeline.Declarations;

namespace DQPipeline.Targets.Verdicts;

/// <summary>A code as the page of diagnostics explains it, in Markdown.</summary>
/// <param name="Code">Such as <c>DQ1003</c>.</param>
/// <param name="Name">The same in a word, such as <c>WrongType</c>.</param>
/// <param name="Meaning">What is wrong.</param>
/// <param name="Mend">What is to be done about it.</param>
public sealed record DiagnosticRule(string Code, string Name, string Meaning, string Mend);

/// <summary>tool/DIAGNOSTICS.md, which this assembly carries: the one place that explains the codes, to people and to programs.</summary>
public static class DiagnosticsPage
{
    /// <summary>Every code, in the page's order.</summary>
    public static IReadOnlyList<DiagnosticRule> Rules { get; } = Read();

    private static List<DiagnosticRule> Read()
    {
        using var reader = new StreamReader(typeof(DiagnosticsPage).Assembly.GetManifestResourceStream("DIAGNOSTICS.md")!);
        var names = typeof(DiagnosticCodes).GetFields().ToDictionary(field => (string)field.GetValue(null)!, field => field.Name);
        var rules = new List<DiagnosticRule>();
        while (reader.ReadLine() is { } line)
        {
            // | <a id="dq1001"></a>DQ1001 | meaning | mend |
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells is ["", var code, var meaning, var mend, ""] && code.StartsWith("<a id=", StringComparison.Ordinal))
            {
                code = code[(code.LastIndexOf('>') + 1)..];
                rules.Add(new(code, names[code], meaning, mend));
            }
        }

        return rules;
    }
}
