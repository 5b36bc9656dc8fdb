namespace DQPipeline.Declarations;

/// <summary>Some test images, clean and attacked on each model, with the class and probability that the model gives to both (paper appendix C, figure 7).</summary>
public sealed record SamplesDeclaration
{
    /// <summary>The target's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>Names of the models, all trained on one data set; the name of a matrix stands for all its members. Required.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The attack, made on each model itself. The default is fgsm.</summary>
    public AttackDeclaration Attack { get; init; } = new() { Kind = "fgsm" };

    /// <summary>Perturbation strength ε in pixel units. Range 0 to 255; the default is 8.</summary>
    public double Epsilon { get; init; } = 8;

    /// <summary>How many test images, a seeded class-balanced sample. Range 1 to 1000; the default is 9 (the paper's).</summary>
    public int Count { get; init; } = 9;

    /// <summary>Seed of the sample and of random starts; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }
}
