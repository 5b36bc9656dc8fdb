using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>Signs of masked gradients as dq.lock records them: <c>zeroGradient</c>, <c>saturated</c> and <c>firstRun</c> (<see cref="CellHealth"/>).</summary>
internal static class Health
{
    private const string ZeroGradient = "zeroGradient", Saturated = "saturated", FirstRun = "firstRun";

    /// <summary>The numbers to record of what a worker reported.</summary>
    public static IEnumerable<Metric> Metrics(CellHealth? said)
    {
        if (said is null)
            yield break;
        yield return new(ZeroGradient, said.ZeroGradient);
        if (said.Saturated is { } saturated)
            yield return new(Saturated, saturated);
        if (said.FirstRun is { } first)
            yield return new(FirstRun, first);
    }

    /// <summary>The signs that a record holds; null where it holds none, or what cannot be.</summary>
    public static CellHealth? Of(TargetRecord record)
    {
        if (EvaluationCell.Measurement(record) is not var (samples, correct) || Count(record, ZeroGradient) is not { } zero || zero > samples)
            return null;
        var (saturated, first) = (Count(record, Saturated), Count(record, FirstRun));
        return saturated > samples || first > samples || first < correct ? null : new(zero, saturated, first);
    }

    private static int? Count(TargetRecord record, string name) =>
        record.Metric(name) is { } value && value is >= 0 and <= int.MaxValue && value == Math.Floor(value) ? (int)value : null;
}
