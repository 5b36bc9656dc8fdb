using DQPipeline.Targets.Verdicts;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>Signs that a model masks its gradients, and what they mean.</summary>
internal static class FindingsSection
{
    public static Section Of(ReportContent content) => new(
        "What to doubt", "doubts",
        E("p", "An attack that follows a gradient fails where there is none to follow, and the network looks robust without being so. These figures show signs of it:"),
        E("ul", content.Results.Findings.Select(finding => E("li", E("strong", finding.Code), " ", Marked(finding.Message)))),
        E("dl", DiagnosticsPage.Rules.Where(rule => content.Results.Findings.Any(finding => finding.Code == rule.Code)).Select(rule => new object[]
        {
            E("dt", E("strong", rule.Code)),
            E("dd", Marked($"{Sentence(rule.Meaning)} What to do: {rule.Mend}.")),
        })));

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..].TrimEnd('.')}.";
}
