using System.Globalization;
using System.Text;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Results;

/// <summary>The accuracies of an evaluation as a Markdown table: ours with its 95 % interval, and in italics the paper's.</summary>
internal static class AccuracyTable
{
    /// <summary>More columns than these stand below each other, a row for each attack.</summary>
    private const int Columns = 4;

    public static string Of(Section section, IReadOnlyList<MetricRecord> metrics)
    {
        var shown = metrics.Where(metric => metric.Target == section.Of && IsShown(section, metric)).ToList();
        if (shown.Count == 0)
            return "Not measured yet.";
        var columns = shown.Select(Column).Distinct().ToList();
        return columns.Count <= Columns ? Wide(section, shown, columns) : Long(section, shown);
    }

    private static bool IsShown(Section section, MetricRecord metric) =>
        (section.Models.Count == 0 || section.Models.Any(pattern => Recorded.Like(pattern).IsMatch(metric.Model)))
        && (section.Attacks.Count == 0 || section.Attacks.Contains(AttackName(metric)));

    /// <summary>A row for each model, a column for each attack and strength.</summary>
    private static string Wide(Section section, List<MetricRecord> metrics, List<string> columns)
    {
        var text = Header(["model", .. columns]);
        foreach (var model in metrics.GroupBy(metric => metric.Model))
            Row(text, [$"`{model.Key}`", .. columns.Select(column => Cell(section, model.FirstOrDefault(metric => Column(metric) == column)))]);
        return text.ToString().TrimEnd();
    }

    /// <summary>A row for each model and attack, a column for each strength; clean accuracies stand in a row of their own.</summary>
    private static string Long(Section section, List<MetricRecord> metrics)
    {
        var strengths = metrics.Where(metric => metric.Attack != "clean").Select(metric => metric.Epsilon).Distinct().Order().ToList();
        var text = Header(["model", "attack", "clean", .. strengths.Select(epsilon => $"ε = {Number(epsilon)}")]);
        foreach (var model in metrics.GroupBy(metric => metric.Model))
        {
            foreach (var attack in model.GroupBy(AttackName))
            {
                Row(text, [
                    $"`{model.Key}`", attack.Key == "clean" ? "" : attack.Key, attack.Key == "clean" ? Cell(section, attack.First()) : "",
                    .. strengths.Select(epsilon => attack.Key == "clean" ? "" : Cell(section, attack.FirstOrDefault(metric => metric.Epsilon == epsilon))),
                ]);
            }
        }

        return text.ToString().TrimEnd();
    }

    private static string Cell(Section section, MetricRecord? metric)
    {
        if (metric is null)
            return "–";
        var own = $"{Verdict.Plain(metric.Accuracy)} ({Verdict.Plain(metric.Low)}–{Verdict.Plain(metric.High)})";
        return section.Paper.TryGetValue(Recorded.Subject(metric), out var paper) ? $"{own} *{paper.ToString("0.##", CultureInfo.InvariantCulture)}*" : own;
    }

    private static string AttackName(MetricRecord metric) => metric.BlackBox ? $"{metric.Attack}, black box" : metric.Attack;

    private static string Column(MetricRecord metric) => metric.Attack == "clean" ? "clean" : $"{AttackName(metric)}, ε = {Number(metric.Epsilon)}";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static StringBuilder Header(IReadOnlyList<string> names)
    {
        var text = new StringBuilder();
        Row(text, names);
        Row(text, [.. names.Select((_, column) => column == 0 ? "---" : "---:")]);
        return text;
    }

    public static void Row(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
