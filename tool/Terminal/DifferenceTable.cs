using System.Globalization;
using DQPipeline.Targets.Reports;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>What became of accuracies since a revision, as a table of those that changed.</summary>
internal static class DifferenceTable
{
    public static void Print(RevisionReport since)
    {
        var changed = since.Differences.Where(difference => difference.Change != MetricChange.None).ToList();
        if (changed.Count == 0)
        {
            Output.Line($"dq: {Words.Count(since.Differences.Count, "measurement")}, none changed since {since.Revision} ({since.Commit[..10]})");
            return;
        }

        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped($"since {since.Revision} ({since.Commit[..10]}): accuracy")) };
        table.AddColumn("measurement");
        foreach (var name in (string[])["before", "now", "difference (95 %)"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var difference in changed)
            table.AddRow(Output.Escaped(Name(difference.Metric)), Accuracy(difference.Before), Accuracy(difference.After), Change(difference));
        Output.ForPeople.Write(table);
        Output.Line($"dq: {Words.Count(since.Differences.Count - changed.Count, "other measurement")} as before");
    }

    private static string Name(MetricRecord metric) =>
        $"{metric.Target}/{metric.Model} {metric.Attack}{(metric.BlackBox ? " (B)" : "")}{(metric.Attack == "clean" ? "" : $" ε={Words.Epsilon(metric.Epsilon)}")}";

    private static string Accuracy(MetricRecord? metric) => metric is null ? "–" : Words.Percent(metric.Accuracy);

    private static string Change(MetricDifference difference) => difference switch
    {
        { Change: MetricChange.Added } => "new",
        { Change: MetricChange.Removed } => "gone",
        { Difference: { } points, Interval: var (low, high) } => $"{Mark(difference.Change)}{Points(points)}[/] [grey]{Points(low)} to {Points(high)}[/]",
        _ => "",
    };

    private static string Mark(MetricChange change) => change switch { MetricChange.Better => "[green]▲ ", MetricChange.Worse => "[red]▼ ", _ => "[grey]" };

    private static string Points(double difference) => (100 * difference).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);
}
