namespace DQPipeline.Targets.Records;

/// <summary>An output file of a target.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Sha256">SHA-256 of its content, 64 lower-case hexadecimal digits.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record TargetOutput(string Name, string Sha256, long Size);

/// <summary>A number of a result. A class, as collections of it are then compiled ahead of time.</summary>
internal sealed record Metric(string Name, double Value);

/// <summary>The result of a target: what dq.lock and the cache hold under a key.</summary>
internal sealed class TargetRecord(string key, IReadOnlyList<TargetOutput> outputs, IReadOnlyList<Metric> metrics, string? standing = null, string? curve = null)
{
    public string Key { get; } = key;

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<TargetOutput> Outputs { get; } = outputs;

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<Metric> Metrics { get; } = metrics;

    /// <summary>Which images of a measurement are right (<see cref="Records.Standing"/>); null of other targets.</summary>
    public string? Standing { get; } = standing;

    /// <summary>The epochs of a training (<see cref="TrainingCurve"/>); null of other targets, and of trainings of before it was recorded.</summary>
    public string? Curve { get; } = curve;

    public double? Metric(string name)
    {
        foreach (var (key, value) in Metrics)
        {
            if (key == name)
                return value;
        }

        return null;
    }

    public TargetOutput? Output(string name)
    {
        foreach (var output in Outputs)
        {
            if (output.Name == name)
                return output;
        }

        return null;
    }

    /// <summary>Whether both say the same result of the same inputs. A curve that only one of them has says nothing against it.</summary>
    public bool Same(TargetRecord other) => Key == other.Key && Outputs.SequenceEqual(other.Outputs) && Metrics.SequenceEqual(other.Metrics) && Standing == other.Standing
        && (Curve is null || other.Curve is null || Curve == other.Curve);
}
