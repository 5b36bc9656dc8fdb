using System.Globalization;
using System.Xml.Linq;
using DQPipeline.Declarations;
using DQPipeline.Reports.Drawing;
using DQPipeline.Targets.Gates;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>
/// A report as one file of HTML: no script, nothing from the network, light or dark as the reader's system has it. Each drawing has its numbers in a table below it.
/// </summary>
public static class HtmlReport
{
    /// <summary>The page.</summary>
    public static string Write(ReportContent content)
    {
        List<Section> sections = [.. Sections(content)];
        var page = E(
            "html", A("lang", "en"),
            E("head",
                E("meta", A("charset", "utf-8")),
                E("meta", A("name", "viewport"), A("content", "width=device-width, initial-scale=1")),
                // Nothing is fetched, whatever a name or a label holds.
                E("meta", A("http-equiv", "Content-Security-Policy"), A("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
                E("meta", A("name", "color-scheme"), A("content", "light dark")),
                E("title", $"{content.Title}: robustness report"),
                E("style", Style.Text)),
            E("body",
                E("a", A("class", "skip"), A("href", "#content"), "Skip to the content"),
                E("header", E("h1", content.Title), Lead(content), sections.Count > 1 ? Contents(sections) : null),
                E("main", A("id", "content"), sections.Select(section => section.Element)),
                E("footer", E("p", Origin(content)))));
        SvgDrawing.SetIdsApart(page);
        return Page(page);
    }

    private static IEnumerable<Section> Sections(ReportContent content)
    {
        if (content.Results.Metrics.Count == 0)
            yield return new("Nothing is measured yet", "accuracies", E("p", Marked("`dq build` trains, attacks and measures; then this page has something to show.")));
        if (content.Results.Gates.Count > 0)
            yield return GatesSection.Of(content);
        foreach (var evaluation in content.Results.Metrics.GroupBy(metric => metric.Target))
            yield return AccuracySection.Of(content, evaluation.Key, [.. evaluation]);
        if (content.Results.Findings.Count > 0)
            yield return FindingsSection.Of(content);
        foreach (var section in ChartSections.Of(content))
            yield return section;
        foreach (var samples in content.Samples)
            yield return SamplesSection.Of(samples);
        if (content.Results.Targets.Count > 0)
            yield return OriginSection.Of(content);
    }

    /// <summary>What a reader in a hurry needs: does it hold?</summary>
    private static XElement Lead(ReportContent content)
    {
        var (gates, findings) = (content.Results.Gates, content.Results.Findings);
        var holding = gates.Count(gate => gate.Verdict == GateVerdict.Passed);
        var attacked = content.Results.Metrics.Any(metric => metric.Attack != AttackDeclaration.Clean);
        string?[] parts =
        [
            gates switch
            {
                [] => null,
                [var only] => only.Verdict switch { GateVerdict.Passed => "The gate holds", GateVerdict.Failed => "The gate fails", _ => "The gate is undecided" },
                _ => holding == gates.Count ? $"All {gates.Count} gates hold" : $"{holding} of {gates.Count} gates {(holding == 1 ? "holds" : "hold")}",
            },
            $"{Names.Count(content.Results.Metrics.Select(metric => metric.Model).Distinct().Count(), "model")}, {Names.Count(content.Results.Metrics.Count, "measurement")}",
            content.Results.Metrics.Count(metric => !metric.Current) is > 0 and var stale ? $"{(stale == content.Results.Metrics.Count ? "all" : stale.ToString(CultureInfo.InvariantCulture))} of them stale" : null,
            findings.Count > 0 ? $"{Names.Count(findings.Count, "sign")} of masked gradients" : content.Results.Examined > 0 ? "no sign of masked gradients" : attacked ? "whether gradients are masked was not looked for" : null,
        ];
        var doubted = findings.Count > 0 || holding < gates.Count || content.Results.Metrics.Count == 0 || content.Results.Metrics.Any(metric => !metric.Current);
        var state = gates.Any(gate => gate.Verdict == GateVerdict.Failed) ? "bad" : doubted ? "unsure" : "good";
        return E("p", A("class", $"lead {state}"), string.Join("; ", parts.Where(part => part is not null)) + ".");
    }

    private static XElement Contents(List<Section> sections) =>
        E("nav", A("aria-label", "Contents"), E("ul", sections.Select(section => E("li", E("a", A("href", $"#{section.Id}"), section.Title)))));

    private static string Origin(ReportContent content)
    {
        var recorded = content.Recorded is { } time ? $", from a dq.lock of {time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC" : "";
        return $"Written by {content.Tool}{recorded}. Intervals are Wilson's at 95 %; ε is in units of 0–255.";
    }
}
