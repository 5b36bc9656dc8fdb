using System.Xml.Linq;
using DQPipeline.Targets.Reports;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>The accuracies of an evaluation: a row for each model, a column for each thing that was done to the images.</summary>
internal static class AccuracySection
{
    public static Section Of(ReportContent content, string evaluation, IReadOnlyList<MetricRecord> metrics)
    {
        var columns = metrics.Select(metric => Names.Of(metric)).Distinct().ToList();
        var samples = metrics.Select(metric => metric.Samples).Distinct().ToList();
        var changes = content.Since?.Differences.Where(difference => difference.After is not null).ToDictionary(difference => difference.After!) ?? [];
        // Said once where it is so of all.
        var allStale = metrics.All(metric => !metric.Current);
        var isChanged = metrics.Any(metric => changes.TryGetValue(metric, out var difference) && difference.Change is not (MetricChange.None or MetricChange.Added));
        return new(
            $"Accuracy: {evaluation}", $"accuracy-{evaluation}",
            E("p", $"{(samples is [var count] ? $"{Names.Count(count, "test image")}; a" : "A")}ccuracy in percent, with its 95 % interval{(isChanged ? $", and what became of it since {content.Since!.Revision} ({content.Since.Commit[..10]})" : "")}."
                + (metrics.Any(metric => metric.Attack.StartsWith("worst", StringComparison.Ordinal)) ? " The worst case counts an image as right that is right under every attack of that strength and norm." : "")),
            allStale ? E("p", E("span", A("class", "mark unsure"), "Stale: "), Marked("these were measured before something that they depend on was changed; `dq status` says what.")) : null,
            Table($"Accuracy: {evaluation}", ["model", .. columns], metrics.GroupBy(metric => metric.Model).Select(model => (IEnumerable<object>)
                [model.Key, .. columns.Select(column => model.FirstOrDefault(metric => Names.Of(metric) == column) is { } metric ? (object)Cell(metric, allStale, isChanged ? changes.GetValueOrDefault(metric) : null) : "–")]), "numbers"),
            Detection(evaluation, metrics));
    }

    private static XElement Cell(MetricRecord metric, bool allStale, MetricDifference? difference) => E(
        "td", Names.Percent(metric.Accuracy), metric.Current || allStale ? null : E("span", A("class", "mark unsure"), " stale"),
        E("span", A("class", "interval"), Names.Interval(metric.Low, metric.High)), difference is null ? null : Change(difference));

    private static XElement? Change(MetricDifference difference)
    {
        var (name, text) = difference.Change switch
        {
            MetricChange.Better => ("good", $"▲ {Names.Points(difference.Difference!.Value)}"),
            MetricChange.Worse => ("bad", $"▼ {Names.Points(difference.Difference!.Value)}"),
            MetricChange.Unclear => ("note", $"{Names.Points(difference.Difference!.Value)}, within chance"),
            MetricChange.Added => ("note", "new"),
            _ => ("", ""),
        };
        return text.Length == 0 ? null : E("span", A("class", $"change {name}"), text);
    }

    private static XElement? Detection(string evaluation, IReadOnlyList<MetricRecord> metrics)
    {
        var detected = metrics.Where(metric => metric.FalseAlarmRate is not null || metric.DetectionRate is not null).ToList();
        return detected.Count == 0 ? null : E("div", E("h3", "What the detector says"), Table($"Detection: {evaluation}", ["model", "images", "rate", "share"], detected.Select(metric => (IEnumerable<object>)
        [
            metric.Model, Names.Of(metric), metric.FalseAlarmRate is null ? "detected" : "false alarms",
            E("td", Names.Percent((metric.FalseAlarmRate ?? metric.DetectionRate)!.Value), E("span", A("class", "interval"), Names.Interval(metric.DetectionLow!.Value, metric.DetectionHigh!.Value))),
        ])));
    }
}
