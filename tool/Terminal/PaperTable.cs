using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Tool.Terminal;

/// <summary>
/// Accuracies as the paper's tables 2 and 3 have them: a row for each model, a column for clean images and for each attack, in it the accuracies at rising ε as
/// <c>74/42/26</c>. Percent are rounded half up; <c>–</c> stands for what is not measured, <c>*</c> behind what is stale.
/// </summary>
internal sealed class PaperTable
{
    private PaperTable(string evaluation, IReadOnlyList<MetricRecord> metrics)
    {
        var strengths = metrics.Where(m => m.Attack != "clean").Select(m => m.Epsilon).Distinct().Order().ToList();
        // White box before black box, each in the order in which the attacks are declared.
        var attacks = metrics.Where(m => m.Attack != "clean").Select(m => (m.Attack, m.BlackBox)).Distinct().OrderBy(a => a.BlackBox).ToList();
        Title = strengths.Count > 0 ? $"{evaluation}: accuracy in %, ε = {string.Join('/', strengths.Select(Words.Epsilon))}" : $"{evaluation}: accuracy in %";
        Header = ["", "Clean", .. attacks.Select(a => Name(a.Attack, a.BlackBox))];
        Rows =
        [
            .. metrics.Select(m => m.Model).Distinct().Select(model => (IReadOnlyList<string>)
            [
                model,
                Clean(metrics.FirstOrDefault(m => m.Model == model && m.Attack == "clean")),
                .. attacks.Select(a => Attacked([.. strengths.Select(e => metrics.FirstOrDefault(m => m.Model == model && m.Attack == a.Attack && m.BlackBox == a.BlackBox && m.Epsilon == e))])),
            ]),
        ];
        IsStale = metrics.Any(m => !m.Current);
    }

    /// <summary>Whose accuracies, and at which strengths.</summary>
    public string Title { get; }

    /// <summary>The columns' names; the first, of the models, has none.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <summary>The cells, row by row.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; }

    /// <summary>Whether some cell has a <c>*</c>.</summary>
    public bool IsStale { get; }

    /// <summary>A table for each evaluation, without worst cases, which the paper's tables do not have.</summary>
    public static IEnumerable<PaperTable> Of(IReadOnlyList<MetricRecord> metrics) =>
        metrics.Where(m => AttackDeclaration.NormOfWorst(m.Attack) is null).GroupBy(m => m.Target).Select(evaluation => new PaperTable(evaluation.Key, [.. evaluation]));

    /// <summary>An attack as the paper writes it.</summary>
    private static string Name(string attack, bool blackBox)
    {
        var name = attack switch
        {
            "random" => "Random",
            "fgsm" or "r+fgsm" or "bim" or "pgd" => attack.ToUpperInvariant(),
            _ => attack,
        };
        return blackBox ? $"{name}(B)" : name;
    }

    private static string Clean(MetricRecord? metric) => metric is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Tenths(metric) / 10}.{Tenths(metric) % 10}{Mark(metric)}");

    /// <summary>The accuracies of one attack; one dash where none is measured.</summary>
    private static string Attacked(MetricRecord?[] metrics) => metrics.All(m => m is null) ? "–"
        : string.Join('/', metrics.Select(m => m is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Rounded(m, 100):00}{Mark(m)}")));

    private static long Tenths(MetricRecord metric) => Rounded(metric, 1000);

    /// <summary>units · correct / samples, rounded half up, in whole numbers: no float decides on which side of a half a quotient lies.</summary>
    private static long Rounded(MetricRecord metric, long units) => ((2 * units * metric.Correct) + metric.Samples) / (2L * metric.Samples);

    private static string Mark(MetricRecord metric) => metric.Current ? "" : "*";
}
