using System.Xml.Linq;
using DQPipeline.Targets.Gates;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>What was demanded, and whether it holds.</summary>
internal static class GatesSection
{
    public static Section Of(ReportContent content) => new("Gates", "gates", Table(
        "Gates", ["model", "measured under", "demanded", "measured", "verdict"],
        content.Results.Gates.Select(gate => (IEnumerable<object>)
        [
            gate.Model, gate.Subject[(gate.Model.Length + 1)..], gate.Demand,
            gate is { Accuracy: { } accuracy, Interval: { } interval } ? E("span", Names.Percent(accuracy), E("span", A("class", "interval"), Names.Interval(interval.Low, interval.High))) : "–",
            Verdict(gate),
        ])));

    private static XElement Verdict(GateResult gate)
    {
        var (name, text) = gate.Verdict switch
        {
            GateVerdict.Passed => ("good", "✓ holds"),
            GateVerdict.Failed => ("bad", "✗ fails"),
            _ => ("unsure", "? undecided"),
        };
        IEnumerable<string> notes = [.. gate.Comparisons.Select(comparison => comparison.ToString()), .. gate.Signs, .. gate.Lack is { } lack ? [lack] : Array.Empty<string>()];
        return E("td", E("span", A("class", $"mark {name}"), text), notes.Select(note => E("span", A("class", "interval"), note)));
    }
}
