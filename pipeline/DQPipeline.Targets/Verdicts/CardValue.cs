using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Verdicts;

/// <summary>Values as both cards show them.</summary>
internal static class CardValue
{
    /// <summary>A part of a key, which is JSON text; plain texts stand without their quotes.</summary>
    public static string Of(string json) => json is ['"', .., '"'] ? json[1..^1] : json;

    public static string Of(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Passed => "passed",
        GateVerdict.Failed => "failed",
        _ => "undecided",
    };

    /// <summary>How a gated model compares with others, behind what is said of the gate.</summary>
    public static string Compared(GateResult gate) => string.Concat(gate.Comparisons.Select(comparison => $"; {comparison}"));

    /// <summary>What was done to the images of a measurement, in words.</summary>
    public static string Slice(MetricRecord metric)
    {
        if (metric.Attack == AttackDeclaration.Clean)
            return $"{metric.Target}: clean images";
        var attack = metric.Attack switch
        {
            AttackDeclaration.Worst => "worst case of all attacks",
            AttackDeclaration.WorstL2 => "worst case of all attacks in L2",
            _ => metric.From is { } from ? $"{metric.Attack} made on {from}" : metric.Attack,
        };
        return $"{metric.Target}: {attack} at ε = {EvaluationCell.Number(metric.Epsilon)} of 255";
    }

    /// <summary>What a detector did on these images; null where there is none, or where no attack succeeded.</summary>
    public static (string Name, double Rate)? Detection(MetricRecord metric) =>
        metric.FalseAlarmRate is { } alarms ? ("false alarm rate", alarms) : metric.DetectionRate is { } rate ? ("detection rate", rate) : null;
}
