namespace DQPipeline.Targets.Gates;

/// <summary>A gated model beside another one, image by image under the same attack.</summary>
/// <param name="Model">Name of the other model.</param>
/// <param name="Accuracy">The other model's accuracy, 0 to 1.</param>
/// <param name="Pairs">How many images are right in both, in the gated model alone, in the other alone, in neither.</param>
public sealed record GateComparison(string Model, double Accuracy, PairedComparison Pairs)
{
    /// <summary>Whether the gated model does not do as well: beyond chance, or, where certainty is demanded, unless it is proved to.</summary>
    /// <param name="certain">Whether it must be proved to do as well.</param>
    public bool Fails(bool certain) => (certain ? Pairs.Interval.Low : Pairs.Interval.High) < 0;

    /// <summary>The other's accuracy and the difference, in words: <c>full keeps 55.0 %, a difference of +5.0 points (95 % interval +1.2 to +8.8, McNemar's p = 0.012)</c>.</summary>
    public override string ToString()
    {
        var (low, high) = Pairs.Interval;
        return $"{Model} keeps {GateText.Percent(Accuracy)}, a difference of {GateText.Points(Pairs.Difference)} points (95 % interval {GateText.Points(low)} to {GateText.Points(high)}, McNemar's p = {GateText.Probability(Pairs.PValue)})";
    }
}
