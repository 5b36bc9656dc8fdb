using System.Text.Json.Serialization;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Reports;

/// <summary>One measurement as dq.lock records it, or the worst case that follows from several.</summary>
/// <param name="Target">The evaluation's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Attack">The attack's name; <c>clean</c>; or <c>worst</c> or <c>worst-l2</c>, where an image counts as right if it is under all attacks at ε in the norm linf or l2.</param>
/// <param name="Epsilon">ε in pixel units of 0–255; 0 for clean.</param>
/// <param name="BlackBox">Whether the samples were made on another model; false of a worst case, which is over both.</param>
/// <param name="Samples">Images measured.</param>
/// <param name="Correct">Images still classified rightly.</param>
/// <param name="Accuracy"><paramref name="Correct"/> / <paramref name="Samples"/>.</param>
/// <param name="Low">Lower end of the 95 % Wilson interval.</param>
/// <param name="High">Upper end of the 95 % Wilson interval.</param>
/// <param name="Current">Whether it was measured with the inputs as they are declared now; a stale one stands until the next build.</param>
/// <param name="From">The model on which the samples were made, where that is another one; else null.</param>
public sealed record MetricRecord(
    string Target, string Model, string Attack, double Epsilon, bool BlackBox, int Samples, int Correct, double Accuracy, double Low, double High, bool Current,
    string? From = null)
{
    /// <summary>Clean: images that the detector takes for adversarial. Attacked: successful adversarial images that it detects. Null without a detector, as all below.</summary>
    public int? Detected { get; init; }

    /// <summary>Clean: <see cref="Detected"/> / <see cref="Samples"/>.</summary>
    public double? FalseAlarmRate { get; init; }

    /// <summary>Attacked: successful adversarial images, made of an image that is right when clean and misclassified.</summary>
    public int? Successful { get; init; }

    /// <summary>Attacked: <see cref="Detected"/> / <see cref="Successful"/>; null where no attack succeeded.</summary>
    public double? DetectionRate { get; init; }

    /// <summary>Lower end of the 95 % Wilson interval of <see cref="FalseAlarmRate"/> or <see cref="DetectionRate"/>.</summary>
    public double? DetectionLow { get; init; }

    /// <summary>Upper end of the 95 % Wilson interval of <see cref="FalseAlarmRate"/> or <see cref="DetectionRate"/>.</summary>
    public double? DetectionHigh { get; init; }

    /// <summary>Attacked: adversarial images, successful or not: as many as are right when clean.</summary>
    public int? Attacked { get; init; }

    /// <summary>Attacked: of these, the ones that the detector detects.</summary>
    public int? AttackedDetected { get; init; }

    /// <summary>The images behind the numbers; null where the record does not tell them apart.</summary>
    [JsonIgnore]
    public MeasuredImages? Images { get; init; }

    /// <summary>This measurement and another of the same images, compared image by image; null where they are not of the same ones.</summary>
    public PairedComparison? ComparedWith(MetricRecord other) =>
        Images is { } own && other.Images is { } others && own.AreThoseOf(others) ? PairedComparison.Of(own.Right, others.Right) : null;
}
