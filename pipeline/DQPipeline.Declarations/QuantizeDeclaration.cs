namespace DQPipeline.Declarations;

/// <summary>
/// A trained model turned into the integer model that ships: batch norms folded, weights as signed bytes with a scale for each output channel, activations as unsigned bytes on
/// the levels that they were trained with. Of a model in full precision this is post-training quantization.
/// </summary>
public sealed record QuantizeDeclaration
{
    /// <summary>The target's name; for a member of a matrix, the member's.</summary>
    public string Name { get; init; } = "";

    /// <summary>The entry's name.</summary>
    public string Group { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The trained model; the name of a matrix gives one integer model for each of its members. Required.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// What the integer model takes: <c>float</c>, numbers in [0,1] that its first node brings onto the pixels k/255, or <c>uint8</c>, the pixels themselves. The default is float.
    /// </summary>
    public string Input { get; init; } = "float";

    /// <summary>Bits of the activations of a model that was trained in full precision; one that was trained with levels keeps these. Range 1 to 8; the default is 8.</summary>
    public int Bits { get; init; } = 8;

    /// <summary>How ranges that training does not fix are found.</summary>
    public CalibrationDeclaration Calibration { get; init; } = new();

    /// <summary>
    /// By how many points of clean accuracy (hundredths) the integer model may fall behind the trained one on the same images; more fails the target. Range 0 to 100; the default is 0.5.
    /// </summary>
    public double MaxLoss { get; init; } = 0.5;

    /// <summary>Test images on which the two are compared, a seeded class-balanced sample; 0 takes all. Range 0 to 100000000; the default is 0.</summary>
    public int Samples { get; init; }

    /// <summary>Seed of both samples; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }
}

/// <summary>How the ranges of residual sums, and of activations that have no levels, are found: by the values that they take on training images.</summary>
public sealed record CalibrationDeclaration
{
    /// <summary>
    /// <c>mse</c> takes the range whose levels are closest to the values in the mean square, <c>percentile</c> the one that holds <see cref="Percentile"/> of them, <c>range</c> the
    /// smallest and the largest. The default is mse.
    /// </summary>
    public string Method { get; init; } = "mse";

    /// <summary>Percent of the values within the range, the rest split between its ends; for <c>percentile</c> only. Range 50 to 100; the default is 99.99.</summary>
    public double Percentile { get; init; } = 99.99;

    /// <summary>Training images, a seeded class-balanced sample. Range 1 to 100000; the default is 1000.</summary>
    public int Samples { get; init; } = 1000;
}
