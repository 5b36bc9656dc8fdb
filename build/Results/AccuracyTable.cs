using System.Globalization;
using System.Text;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Results;

/// <summary>The accuracies of an evaluation as a Markdown table: ours with its 95 % interval, and in italics the paper's.</summary>
internal static class AccuracyTable
{
    public static string Of(Section section, IReadOnlyList<MetricRecord> metrics)
    {
        var shown = metrics.Where(metric => metric.Target == section.Of).ToList();
        if (shown.Count == 0)
            return "Not measured yet.";
        var strengths = shown.Where(metric => metric.Attack != "clean").Select(metric => metric.Epsilon).Distinct().Order().ToList();
        return strengths.Count > 1 ? ByStrength(section, shown, strengths) : ByAttack(section, shown);
    }

    /// <summary>A row for each model, a column for each attack.</summary>
    private static string ByAttack(Section section, List<MetricRecord> metrics)
    {
        var columns = metrics.Select(Column).Distinct().ToList();
        var text = Header(["model", .. columns]);
        foreach (var model in metrics.GroupBy(metric => metric.Model))
            Row(text, [$"`{model.Key}`", .. columns.Select(column => Cell(section, model.FirstOrDefault(metric => Column(metric) == column)))]);
        return text.ToString().TrimEnd();
    }

    /// <summary>A row for each model and attack, a column for each strength; a model's name and its clean accuracy stand in its first row.</summary>
    private static string ByStrength(Section section, List<MetricRecord> metrics, List<double> strengths)
    {
        var text = Header(["model", "clean", "attack", .. strengths.Select(epsilon => $"ε = {Number(epsilon)}")]);
        foreach (var model in metrics.GroupBy(metric => metric.Model))
        {
            string[] first = [$"`{model.Key}`", Cell(section, model.FirstOrDefault(metric => metric.Attack == "clean"))];
            foreach (var attack in model.Where(metric => metric.Attack != "clean").GroupBy(AttackName))
            {
                Row(text, [.. first, attack.Key, .. strengths.Select(epsilon => Cell(section, attack.FirstOrDefault(metric => metric.Epsilon == epsilon)))]);
                first = ["", ""];
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
