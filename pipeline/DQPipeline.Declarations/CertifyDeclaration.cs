namespace DQPipeline.Declarations;

/// <summary>
/// What the layers of models can make of a change to an image, and the L2 radius within which no change can take an image's label: a proof, about the models without their quantizers. Beside it, how far an attack
/// moves what each convolution is given (paper section 3, equation 4, figure 3b).
/// </summary>
public sealed record CertifyDeclaration
{
    /// <summary>The target's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>Names of the models, all trained on one data set; the name of a matrix stands for all its members. Required.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>
    /// L2 lengths of changes in pixel units of 0–255 at which the share of certified images is told. Range of each 0 to 1000000; the default is [36, 72, 108], which the literature on certified images of 32×32 pixels reports.
    /// </summary>
    public IReadOnlyList<double> Radii { get; init; } = [36, 72, 108];

    /// <summary>The attack whose way through the layers is measured, made on each model itself. The default is fgsm.</summary>
    public AttackDeclaration Attack { get; init; } = new() { Kind = "fgsm" };

    /// <summary>The attack's strength ε in pixel units of 0–255. Range 0 to 255; the default is 8.</summary>
    public double Epsilon { get; init; } = 8;

    /// <summary>
    /// The residual ‖AᵀAv − λv‖/λ at which power iteration on an operator A ends, or after 500 iterations. What is certified does not depend on it. Range 1e-08 to 0.1; the default is 0.001.
    /// </summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Test images certified and attacked, a seeded class-balanced sample; 0 takes all. Range 0 to 100000000; the default is 1000.</summary>
    public int Samples { get; init; } = 1000;

    /// <summary>Images a batch. Range 1 to 65536; the default is 250.</summary>
    public int Batch { get; init; } = 250;

    /// <summary>Seed of the sample, of random starts and of power iterations; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }
}
