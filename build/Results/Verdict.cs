using System.Globalization;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Results;

/// <summary>How a claim stands: what the intervals of its pairs say, one pair for each seed.</summary>
internal static class Verdict
{
    /// <summary>The claim, its verdict, and the figures behind it, as a line of a list.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="by">By how much the first is to be above the second, as a share.</param>
    /// <param name="pairs">Both measurements, for each seed.</param>
    public static string Of(string claim, double by, IReadOnlyList<Pair> pairs)
    {
        // The interval and McNemar's exact test can differ at the brim: what is printed as p ≥ 0.05 shall settle nothing.
        var average = pairs.Average(one => one.Counts.Difference);
        var verdict = pairs.All(one => (one.Counts.Interval.Low > by || (by < 0 && one.Counts.Interval.Low >= by)) && (by != 0 || one.Counts.PValue < 0.05)) ? "Shown"
            : pairs.All(one => one.Counts.Interval.High < by && (by != 0 || one.Counts.PValue < 0.05)) ? "Refuted"
            : average == 0 && by == 0 ? "Not settled, and it points nowhere"
            : average >= by ? "Not settled, but it points there"
            : by == 0 ? "Not settled, and it points the other way" : "Not settled, and it falls short";
        var least = pairs.MinBy(one => one.Counts.Difference)!.Counts;
        var overall = SeedAverage.Interval(pairs);
        var figures = pairs.Count == 1
            ? $"{More(pairs[0])} against {Than(pairs[0])}, {Between(least)}"
            : $"{string.Join(", ", pairs.Select(More))} against {string.Join(", ", pairs.Select(Than))} in {pairs.Count} seeds, "
                + $"{Points(average)} points on average (95 % interval {Points(overall.Low)} to {Points(overall.High)}); in the least of them {Between(least)}";
        return $"- {claim}{(by == 0 ? "" : by > 0 ? $", by {Plain(by)} points or more" : $", or at most {Plain(-by)} points below")}. **{verdict}**: {figures}.";
    }

    /// <summary>A share in percent, with one decimal.</summary>
    public static string Percent(double share) => $"{Plain(share)} %";

    /// <summary>A share in percent without the sign, with one decimal.</summary>
    public static string Plain(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    private static string More(Pair pair) => Percent(pair.More.Count(right => right) / (double)pair.More.Count);

    private static string Than(Pair pair) => Percent(pair.Than.Count(right => right) / (double)pair.Than.Count);

    private static string Between(PairedComparison pairs)
    {
        var (low, high) = pairs.Interval;
        var p = pairs.PValue < 0.001 ? "p < 0.001" : $"p = {pairs.PValue.ToString("0.000", CultureInfo.InvariantCulture)}";
        return $"{Points(pairs.Difference)} points (95 % interval {Points(low)} to {Points(high)}; McNemar's {p})";
    }

    private static string Points(double difference) => (difference * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}
