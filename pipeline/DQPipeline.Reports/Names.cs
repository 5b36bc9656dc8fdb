using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Reports;

/// <summary>Measurements and numbers as people read them on a page.</summary>
internal static class Names
{
    /// <summary>What was done to the images: <c>clean</c>, <c>pgd, ε = 8</c>, <c>worst case, ε = 2</c>, <c>fgsm on another model, ε = 8</c>.</summary>
    public static string Of(MetricRecord metric, bool strength = true)
    {
        if (metric.Attack == AttackDeclaration.Clean)
            return "clean";
        var attack = metric.Attack switch
        {
            AttackDeclaration.Worst => "worst case",
            AttackDeclaration.WorstL2 => "worst case in L2",
            _ => metric.BlackBox ? $"{metric.Attack} made on {metric.From ?? "another model"}" : metric.Attack,
        };
        return strength ? string.Create(CultureInfo.InvariantCulture, $"{attack}, ε = {metric.Epsilon:0.###}") : attack;
    }

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    public static string Interval(double low, double high) => string.Create(CultureInfo.InvariantCulture, $"{100 * low:0.0}–{100 * high:0.0}");

    /// <summary>A difference of shares in percentage points, with its sign.</summary>
    public static string Points(double difference) => (100 * difference).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    public static string Count(int count, string singular, string? plural = null) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? singular : plural ?? singular + "s")}");
}
