using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Reports;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>The ways in which measurements are printed: tables for people on standard error, text for programs and documents on standard output.</summary>
internal static class MetricsFormat
{
    /// <summary>The words that <c>--format</c> takes.</summary>
    public static readonly string[] All = ["table", "paper", "json", "csv", "markdown"];

    /// <summary>Whether the format is drawn for people.</summary>
    public static bool IsForPeople(string format) => format is "table" or "paper";

    public static void Print(string format, IReadOnlyList<MetricRecord> metrics)
    {
        switch (format)
        {
            case "json": Output.Data(ToolJson.Metrics(metrics)); break;
            case "csv": Output.Data(CsvOf(metrics).TrimEnd('\n')); break;
            case "markdown": Output.Data(Markdown(metrics)); break;
            case "paper": PrintPaper(metrics); break;
            default: MetricsTable.Print(metrics); break;
        }
    }

    internal static string CsvOf(IReadOnlyList<MetricRecord> metrics) =>
        Csv.Line("target", "model", "attack", "epsilon", "blackBox", "from", "samples", "correct", "accuracy", "low", "high", "current")
        + string.Concat(metrics.Select(m => Csv.Line(
            m.Target, m.Model, m.Attack, Csv.Number(m.Epsilon), m.BlackBox ? "true" : "false", m.From ?? "", Csv.Number(m.Samples), Csv.Number(m.Correct), Csv.Number(m.Accuracy), Csv.Number(m.Low),
            Csv.Number(m.High), m.Current ? "true" : "false")));

    /// <summary>The paper's tables as Markdown.</summary>
    internal static string Markdown(IReadOnlyList<MetricRecord> metrics) => string.Join("\n\n", PaperTable.Of(metrics).Select(table =>
    {
        IEnumerable<IReadOnlyList<string>> lines = [table.Header, [.. table.Header.Select((_, column) => column == 0 ? "---" : "---:")], .. table.Rows];
        var text = string.Join('\n', lines.Select(line => $"| {string.Join(" | ", line.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |"));
        return $"{table.Title}\n\n{text}{(table.IsStale ? $"\n\n{Stale}" : "")}";
    }));

    private const string Stale = "\\* measured with other options; `dq build` measures anew.";

    private static void PrintPaper(IReadOnlyList<MetricRecord> metrics)
    {
        foreach (var paper in PaperTable.Of(metrics))
        {
            var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped(paper.Title)) };
            for (var column = 0; column < paper.Header.Count; column++)
                table.AddColumn(new TableColumn(new Text(paper.Header[column])) { Alignment = column == 0 ? Justify.Left : Justify.Right, NoWrap = true });
            foreach (var row in paper.Rows)
                table.AddRow([.. row.Select(cell => new Text(cell))]);
            Output.ForPeople.Write(table);
            if (paper.IsStale)
                Output.Line(Stale[1..]);
        }
    }
}
