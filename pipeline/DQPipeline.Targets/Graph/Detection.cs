using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// A detector's judgement as dq.lock records it: of clean images <c>detected</c>, the false alarms; under an attack <c>attacked</c> (the images right when clean),
/// <c>attackedDetected</c> (how many of their adversarial versions are detected), <c>successful</c> (how many of these the model gets wrong) and <c>detected</c> (how
/// many of the successful ones are detected).
/// </summary>
internal static class Detection
{
    private const string Detected = "detected", Successful = "successful", Attacked = "attacked", AttackedDetected = "attackedDetected";

    /// <summary>The numbers to record of what a worker reported, sorted by name.</summary>
    public static IReadOnlyList<Metric> Metrics(CellDetection? said, bool clean) => said switch
    {
        null => [],
        _ when clean => [new(Detected, said.Flagged)],
        _ => [new(Attacked, said.Images), new(AttackedDetected, said.Flagged), new(Detected, said.Detected), new(Successful, said.Successful)],
    };

    /// <summary>The judgement that a record holds; null where it holds none, or one that cannot be.</summary>
    public static CellDetection? Of(TargetRecord record, bool clean)
    {
        if (EvaluationCell.Measurement(record) is not var (samples, _) || Count(record, Detected) is not { } detected)
            return null;
        if (clean)
            return detected <= samples ? new(samples, detected, 0, 0) : null;
        if (Count(record, Attacked) is not { } attacked || Count(record, AttackedDetected) is not { } flagged || Count(record, Successful) is not { } successful)
            return null;
        return attacked <= samples && successful <= attacked && flagged <= attacked && detected <= Math.Min(successful, flagged)
            ? new(attacked, flagged, successful, detected) : null;
    }

    private static int? Count(TargetRecord record, string name) =>
        record.Metric(name) is { } value && value is >= 0 and <= int.MaxValue && value == Math.Floor(value) ? (int)value : null;
}
