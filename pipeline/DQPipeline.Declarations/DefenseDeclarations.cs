namespace DQPipeline.Declarations;

/// <summary>Feature squeezing (Xu et al. 2017; paper sections 2.2.2 and 5.2): fewer colours, then a median filter. The default changes nothing.</summary>
public sealed record SqueezeDeclaration
{
    /// <summary>The value of <see cref="Bits"/> that leaves the colours alone.</summary>
    public const int EveryColour = 0;

    /// <summary>
    /// Colour depth: bits of a channel's value, rounded to the levels k/(2^b − 1). Range 0 to 8; the default is 0, which leaves colours as they are (the paper: 5).
    /// </summary>
    public int Bits { get; init; } = EveryColour;

    /// <summary>Side of the median filter's square window in pixels. Range 1 to 9; the default is 1, which is no filter (the paper: 2).</summary>
    public int Median { get; init; } = 1;

    /// <summary>Whether images are changed at all.</summary>
    public bool IsActive => Bits != EveryColour || Median > 1;
}

/// <summary>Adversarial training: each step trains on adversarial versions of its images, made on the weights of that step (paper sections 2.2.2 and 5.2).</summary>
public sealed record AdversarialDeclaration
{
    /// <summary>
    /// The attack: <c>none</c> trains on clean images, <c>fgsm</c> leaks labels and masks gradients (paper section A.2), a baseline to compare with and no defence;
    /// <c>r+fgsm</c> and <c>pgd</c> are the paper's defences. The default is none.
    /// </summary>
    public string Kind { get; init; } = "none";

    /// <summary>
    /// The strength ε in pixel units, the same for every image (Madry et al.: 8); 0 draws each image's as |N(0, δ)|, clipped to [0, 2δ] (the paper). Range 0 to 255; the default is 0.
    /// </summary>
    public double Epsilon { get; init; }

    /// <summary>δ in pixel units, from which ε is drawn where <see cref="Epsilon"/> is 0. Range 0.001 to 127.5; the default is 8, as in the paper.</summary>
    public double Delta { get; init; } = 8;

    /// <summary>Step size α of pgd in pixel units. Range 0.001 to 255; the default is 1, as in the paper (Madry et al.: 2).</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Steps of pgd; 0 takes the paper's ⌊min(ε+4, 1.25·ε)⌋ for each image's ε, at least 1. Range 0 to 100000; the default is 0 (Madry et al.: 7).</summary>
    public int Steps { get; init; }

    /// <summary>The part of each batch that is adversarial; the rest stays clean. Range 0.01 to 1; the default is 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Start of pgd: <c>uniform</c> in the ε-ball (Madry et al.), or the paper's <c>r+fgsm</c> (ε/2·sign of Gaussian noise). The default is uniform.</summary>
    public string Start { get; init; } = "uniform";

    /// <summary>Whether any image is attacked.</summary>
    public bool IsActive => Kind != "none";
}
