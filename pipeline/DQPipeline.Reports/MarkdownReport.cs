using System.Text;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Reports;

/// <summary>A report's tables as Markdown, for a pull request: gates, accuracies with what became of them, doubts.</summary>
public static class MarkdownReport
{
    /// <summary>The text.</summary>
    public static string Write(ReportContent content)
    {
        var text = new StringBuilder($"# {Plain(content.Title)}\n");
        if (content.Results.Metrics.Count == 0)
            text.Append("\nNothing is measured yet.\n");
        if (content.Results.Gates.Count > 0)
            Table(text, "Gates", ["model", "measured under", "demanded", "measured", "verdict"], content.Results.Gates.Select(Row));
        foreach (var evaluation in content.Results.Metrics.GroupBy(metric => metric.Target))
            Accuracies(text, content, evaluation.Key, [.. evaluation]);
        if (content.Results.Findings.Count > 0)
            text.Append("\n## What to doubt\n\n").AppendJoin('\n', content.Results.Findings.Select(finding => $"- **{finding.Code}** {Plain(finding.Message)}")).Append('\n');
        text.Append($"\nWritten by {content.Tool}. Intervals are Wilson's at 95 %; ε is in units of 0–255.\n");
        return text.ToString();
    }

    /// <summary>What became of measurements since a revision: those that changed, those that are new, and those that are no longer.</summary>
    public static string Write(RevisionReport since)
    {
        var text = new StringBuilder();
        Table(text, $"Since {Plain(since.Revision)} ({since.Commit[..10]})", ["evaluation", "model", "images", "before", "now", "difference", "95 % interval"], since.Differences.Where(difference => difference.Change != MetricChange.None).Select(difference => (IReadOnlyList<string>)
        [
            difference.Metric.Target, difference.Metric.Model, Names.Of(difference.Metric), Percent(difference.Before), Percent(difference.After),
            difference.Difference is { } points ? $"{Mark(difference.Change)}{Names.Points(points)}" : difference.Change == MetricChange.Added ? "new" : "gone",
            difference.Interval is var (low, high) ? $"{Names.Points(low)} to {Names.Points(high)}" : "–",
        ]));
        if (since.IsSame)
            text.Append("Nothing changed.\n");
        return text.ToString().TrimStart('\n');
    }

    private static void Accuracies(StringBuilder text, ReportContent content, string evaluation, List<MetricRecord> metrics)
    {
        var columns = metrics.Select(metric => Names.Of(metric)).Distinct().ToList();
        var changes = content.Since?.Differences.Where(difference => difference.After is not null).ToDictionary(difference => difference.After!) ?? [];
        var allStale = metrics.TrueForAll(metric => !metric.Current);
        Table(text, $"{evaluation}: accuracy in percent{(allStale ? ", all of it stale" : "")}", ["model", .. columns], metrics.GroupBy(metric => metric.Model).Select(model => (IReadOnlyList<string>)
            [model.Key, .. columns.Select(column => model.FirstOrDefault(metric => Names.Of(metric) == column) is { } metric ? Cell(metric, allStale, changes.GetValueOrDefault(metric)) : "–")]));
    }

    private static string Cell(MetricRecord metric, bool allStale, MetricDifference? difference)
    {
        var change = difference is { Change: MetricChange.Better or MetricChange.Worse or MetricChange.Unclear, Difference: { } points } ? $" ({Mark(difference.Change)}{Names.Points(points)})" : "";
        return $"{(100 * metric.Accuracy).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)}{change}{(metric.Current || allStale ? "" : " stale")}";
    }

    private static IReadOnlyList<string> Row(GateResult gate) =>
    [
        gate.Model, gate.Subject[(gate.Model.Length + 1)..], gate.Demand,
        gate is { Accuracy: { } accuracy, Interval: { } interval } ? $"{Names.Percent(accuracy)} ({Names.Interval(interval.Low, interval.High)})" : "–",
        gate.Verdict switch { GateVerdict.Passed => "✓ holds", GateVerdict.Failed => "✗ fails", _ => "? undecided" },
    ];

    private static string Mark(MetricChange change) => change switch { MetricChange.Better => "▲ ", MetricChange.Worse => "▼ ", _ => "" };

    private static string Percent(MetricRecord? metric) => metric is null ? "–" : Names.Percent(metric.Accuracy);

    private static void Table(StringBuilder text, string title, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        text.Append($"\n## {Plain(title)}\n\n| {string.Join(" | ", head.Select(Plain))} |\n|{string.Concat(head.Select((_, place) => place == 0 ? " --- |" : " ---: |"))}\n");
        foreach (var row in rows)
            text.Append($"| {string.Join(" | ", row.Select(Plain))} |\n");
        text.Append('\n');
    }

    /// <summary>A text that is nothing but itself in a cell of a table.</summary>
    private static string Plain(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
