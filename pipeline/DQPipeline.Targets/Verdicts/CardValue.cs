using DQPipeline.Targets.Gates;
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

    /// <summary>What a detector did on these images; null where there is none, or where no attack succeeded.</summary>
    public static (string Name, double Rate)? Detection(MetricRecord metric) =>
        metric.FalseAlarmRate is { } alarms ? ("false alarm rate", alarms) : metric.DetectionRate is { } rate ? ("detection rate", rate) : null;
}
