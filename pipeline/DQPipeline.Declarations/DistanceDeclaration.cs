namespace DQPipeline.Declarations;

/// <summary>
/// How far an attack moves the activations inside the models: the normalised distance D(A, A_adv) = ‖A − A_adv‖₂ / ‖A‖₂ (paper section 3, equation 4, figure 3),
/// per image, then averaged over the images.
/// </summary>
public sealed record DistanceDeclaration
{
    /// <summary>The value of <see cref="At"/> for the activation after the first block (figure 3a).</summary>
    public const string FirstBlock = "first-block";

    /// <summary>The value of <see cref="At"/> for the input of every convolution (figure 3b).</summary>
    public const string Convolutions = "convolutions";

    /// <summary>The target's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>Names of the models, all trained on one data set; the name of a matrix stands for all its members. Required.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The attack, made on each model itself. The default is fgsm.</summary>
    public AttackDeclaration Attack { get; init; } = new() { Kind = "fgsm" };

    /// <summary>Perturbation strengths ε in pixel units of 0–255. Range of each 0 to 255; the default is [8].</summary>
    public IReadOnlyList<double> Epsilon { get; init; } = [8];

    /// <summary>
    /// <c>first-block</c> is the activation after the first convolution, batch norm and bounded ReLU, as it is and quantized to <see cref="Bits"/>;
    /// <c>convolutions</c> is the input of every convolution, as each model quantizes it. The default is first-block.
    /// </summary>
    public string At { get; init; } = FirstBlock;

    /// <summary>Bits to which the first block's activation is quantized for comparison; the convolutions' inputs have their model's own. Range 1 to 8; the default is 3.</summary>
    public int Bits { get; init; } = 3;

    /// <summary>Test images measured, a seeded class-balanced sample; 0 takes all. Range 0 to 100000000; the default is 128 (the paper's).</summary>
    public int Samples { get; init; } = 128;

    /// <summary>Images a batch. Range 1 to 65536; the default is 64.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Seed of the sample and of random starts; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }
}
