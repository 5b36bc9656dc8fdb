using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Gates;

/// <summary>Gates in words.</summary>
internal static class GateText
{
    /// <summary>The error DQ4001 of a gate that failed: each demand that is not met, with the figures.</summary>
    public static Diagnostic Failure(GateResult result)
    {
        var gate = result.Gate;
        var (faults, mends) = (new List<string>(), new List<string>());
        if (IsTooLow(result))
        {
            faults.Add(gate.Certain ? $"its lower end is below the {Percent(gate.AtLeast!.Value)} demanded with certainty" : $"its upper end is below the {Percent(gate.AtLeast!.Value)} demanded");
            mends.Add("lower \"atLeast\"");
        }

        foreach (var comparison in result.Comparisons.Where(comparison => comparison.Fails(gate.Certain)))
            faults.Add($"it is {(gate.Certain ? "not proved to be as good as" : "worse than")} {comparison.Model}: {comparison}");
        if (result.Comparisons.Any(comparison => comparison.Fails(gate.Certain)))
            mends.Add("take back \"notWorseThan\"");
        if (mends.Count > 0)
            mends.Insert(0, "make the model more robust");
        if (result.Signs.Count > 0)
        {
            faults.Add($"it cannot be trusted: {string.Join("; ", result.Signs)}");
            mends.Add("mend what masks its gradients");
        }

        return new(DiagnosticCodes.GateFailed, $"{Measured(result)}, and {string.Join("; and ", faults)}; {string.Join(", or ", mends)}", gate.Place);
    }

    /// <summary>How a gate stands that did not fail.</summary>
    public static string Standing(GateResult result) => result.Verdict == GateVerdict.Undecided
        ? Undecided(result) + (result.Lack is { } lack ? $": {lack}" : "")
        : string.Join("; ", [$"{Measured(result)}, and {Demand(result.Gate)} is demanded", .. result.Comparisons.Select(comparison => comparison.ToString())]);

    /// <summary>What a gate demands.</summary>
    public static string Demand(GateDeclaration gate)
    {
        var certainly = gate.Certain ? "with certainty " : "";
        var demands = new List<string>();
        if (gate.AtLeast is { } least)
            demands.Add($"{certainly}at least {Percent(least)}");
        if (gate.NotWorseThan.Length > 0)
            demands.Add($"{certainly}not worse than {gate.NotWorseThan}");
        if (gate.Trusted)
            demands.Add("trusted");
        return string.Join(", ", demands);
    }

    /// <summary>The finding DQ4002 of a gate that cannot be decided.</summary>
    public static Diagnostic Undecided(GateResult result, Severity severity, string why) =>
        new(DiagnosticCodes.GateUndecided, $"{Undecided(result)}: {why}", result.Gate.Place, severity);

    /// <summary>Which measurement a gate is on.</summary>
    public static string Under(GateDeclaration gate)
    {
        var attacked = gate.Attack switch
        {
            AttackDeclaration.Clean => "on clean images",
            AttackDeclaration.Worst => "in the worst case",
            AttackDeclaration.WorstL2 => "in the worst case of L2",
            _ => $"under {(gate.BlackBox ? "black-box " : "")}{gate.Attack}",
        };
        return gate.Attack == AttackDeclaration.Clean ? attacked : $"{attacked} at ε = {EvaluationCell.Number(gate.Epsilon)}";
    }

    public static string Percent(double share) => (share * 100).ToString("0.0#", CultureInfo.InvariantCulture) + " %";

    /// <summary>A difference of accuracies in percentage points, with its sign.</summary>
    public static string Points(double difference) => (difference * 100).ToString("+0.0#;-0.0#;0.0", CultureInfo.InvariantCulture);

    public static string Probability(double p) => p.ToString(p < 0.001 ? "0.0e+0" : "0.0##", CultureInfo.InvariantCulture);

    /// <summary>Whether the accuracy misses <see cref="GateDeclaration.AtLeast"/>.</summary>
    public static bool IsTooLow(GateResult result) => result.Interval is { } interval && (result.Gate.Certain ? interval.Low : interval.High) < result.Gate.AtLeast;

    private static string Undecided(GateResult result) => result.Interval is null
        ? $"the gate on {result.Model} {Under(result.Gate)} has no measurement to be held against"
        : $"the gate on {result.Model} {Under(result.Gate)} cannot be decided";

    private static string Measured(GateResult result)
    {
        var interval = result.Interval!.Value;
        return $"{result.Model} {Under(result.Gate)} keeps an accuracy of {Percent(result.Accuracy!.Value)} (95 % interval {Percent(interval.Low)} to {Percent(interval.High)})";
    }
}
