namespace DQPipeline.Declarations;

/// <summary>Models × attacks × strengths to measure, and the gates that the results must pass.</summary>
public sealed record EvaluateDeclaration
{
    /// <summary>The target's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>Names of the models; the name of a matrix stands for all its members. Required.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The attacks; clean accuracy is always measured. The default is none.</summary>
    public IReadOnlyList<AttackDeclaration> Attacks { get; init; } = [];

    /// <summary>Perturbation strengths ε in pixel units of 0–255. Range of each 0 to 255; the default is [8].</summary>
    public IReadOnlyList<double> Epsilon { get; init; } = [8];

    /// <summary>
    /// A separately trained model on which every attack that follows a gradient is made as well, and scored on each model as a black-box attack (paper section 5.1);
    /// an attack's own "from" asks for less. The default is none.
    /// </summary>
    public string BlackBoxFrom { get; init; } = "";

    /// <summary>Test images measured, a seeded class-balanced sample; 0 takes all. Range 0 to 100000000; the default is 1000.</summary>
    public int Samples { get; init; } = 1000;

    /// <summary>Images a batch. Range 1 to 65536; the default is 250.</summary>
    public int Batch { get; init; } = 250;

    /// <summary>Seed of the sample and of random starts; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// A detector of adversarial images: one is detected where the squeezed image gets another class than the image itself; measured beside the accuracy. The default is none.
    /// </summary>
    public SqueezeDeclaration Detector { get; init; } = new();

    /// <summary>Demands on the results.</summary>
    public IReadOnlyList<GateDeclaration> Gates { get; init; } = [];

    /// <summary>
    /// The attacks that are made: the declared ones, and behind them, where <see cref="BlackBoxFrom"/> asks for it, the black-box twin of each that follows a gradient
    /// and has no black-box attack of its name yet. Random noise asks no model anything, so it has no twin.
    /// </summary>
    public IReadOnlyList<AttackDeclaration> AllAttacks()
    {
        if (BlackBoxFrom.Length == 0)
            return Attacks;
        var all = new List<AttackDeclaration>(Attacks);
        foreach (var attack in Attacks)
        {
            if (attack.From.Length == 0 && attack.FollowsGradient() && !Attacks.Any(other => other.From.Length > 0 && other.Name == attack.Name))
                all.Add(attack with { From = BlackBoxFrom });
        }

        return all;
    }
}

/// <summary>
/// An attack and its options: the paper's (section 2.2.1), or the field's reference, AutoAttack and its parts (Croce and Hein 2020). In dq.json a bare word stands for the attack with its defaults.
/// </summary>
public sealed record AttackDeclaration
{
    /// <summary>The kinds that exist: the paper's in its order, then the reference's.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["random", "fgsm", "r+fgsm", "bim", "pgd", "apgd-ce", "apgd-dlr", "apgd-t", "fab-t", "square", "autoattack"];

    /// <summary>What autoattack is made of, in its order.</summary>
    public static IReadOnlyList<string> AutoAttack { get; } = ["apgd-ce", "apgd-t", "fab-t", "square"];

    /// <summary>What an attack may raise.</summary>
    public static IReadOnlyList<string> Losses { get; } = ["cross-entropy", "margin", "dlr"];

    /// <summary>The norms in which ε may be measured.</summary>
    public static IReadOnlyList<string> Norms { get; } = ["linf", "l2"];

    /// <summary>What quantizers may let through backwards.</summary>
    public static IReadOnlyList<string> BackwardPasses { get; } = ["clipped", "straight", "smooth", "all"];

    /// <summary>The name of the measurement without an attack.</summary>
    public const string Clean = "clean";

    /// <summary>The name of the worst case of each image over all attacks of an evaluation in the norm linf at one ε, white box and black box.</summary>
    public const string Worst = "worst";

    /// <summary>As <see cref="Worst"/>, over the attacks in the norm l2.</summary>
    public const string WorstL2 = "worst-l2";

    /// <summary>The names that no attack may have.</summary>
    public static IReadOnlyList<string> ReservedNames { get; } = [Clean, Worst, WorstL2];

    /// <summary>The name of the worst case over the attacks in a norm.</summary>
    /// <param name="norm">One of <see cref="Norms"/>.</param>
    public static string WorstIn(string norm) => norm == "l2" ? WorstL2 : Worst;

    /// <summary>The norm of the attacks over which a name is the worst case; null of any other name.</summary>
    /// <param name="name">A measurement's name.</param>
    public static string? NormOfWorst(string name) => name switch { Worst => "linf", WorstL2 => "l2", _ => null };

    /// <summary>The name under which results appear; the default is the kind.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// <c>random</c>, <c>fgsm</c>, <c>r+fgsm</c>, <c>bim</c> or <c>pgd</c>, the paper's; <c>apgd-ce</c>, <c>apgd-dlr</c>, <c>apgd-t</c>, <c>fab-t</c> or <c>square</c>, the reference's;
    /// or <c>autoattack</c>, which makes apgd-ce, apgd-t, fab-t and square in turn on the images that still stand. Required.
    /// </summary>
    public string Kind { get; init; } = "";

    /// <summary>Steps; 0 takes the kind's own number: of bim and pgd the paper's ⌊min(ε+4, 1.25·ε)⌋, at least 1, of apgd and fab-t 100. Range 0 to 100000; the default is 0.</summary>
    public int Steps { get; init; }

    /// <summary>Step size α of bim and pgd in pixel units. Range 0.001 to 255; the default is 1.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Start of pgd: <c>uniform</c> in the ε-ball (Madry et al.), or the paper's <c>r+fgsm</c> (ε/2·sign of Gaussian noise). The default is uniform.</summary>
    public string Start { get; init; } = "uniform";

    /// <summary>Independent random starts of pgd, apgd, fab-t and square, of which the most harmful counts for each image. Range 1 to 1000; the default is 1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>
    /// What fgsm, r+fgsm, bim and pgd raise: <c>cross-entropy</c>, the <c>margin</c> of Carlini and Wagner, or <c>dlr</c>, the difference of logits ratio. The default is cross-entropy.
    /// </summary>
    public string Loss { get; init; } = "cross-entropy";

    /// <summary>The norm of the ε-ball: <c>linf</c>, the largest change of a value, or <c>l2</c>, the Euclidean length of an image's change. The default is linf.</summary>
    public string Norm { get; init; } = "linf";

    /// <summary>
    /// What quantizers let through backwards while the attack runs, since rounding has no gradient of its own: <c>clipped</c>, as in training; <c>straight</c>, everything;
    /// <c>smooth</c>, a smooth bump; or <c>all</c> of them, one after the other, of which the worst counts for each image. The default is clipped.
    /// </summary>
    public string Backward { get; init; } = "clipped";

    /// <summary>Wrong classes that apgd-t and fab-t lead to, the most likely first; at most all. Range 1 to 1000; the default is 9.</summary>
    public int Targets { get; init; } = 9;

    /// <summary>How often square may show an image to the model. Range 1 to 1000000; the default is 5000.</summary>
    public int Queries { get; init; } = 5000;

    /// <summary>Passes of which each answer is the mean (expectation over transformation), for models that answer the same image differently. Range 1 to 1000; the default is 1.</summary>
    public int Average { get; init; } = 1;

    /// <summary>
    /// The model on which the adversarial images are made, for a black-box attack: a separately trained substitute (paper section 5.1). The default is the model that is measured.
    /// </summary>
    public string From { get; init; } = "";

    /// <summary>Whether the attack asks a model for gradients, so that it matters on which one it is made.</summary>
    public bool FollowsGradient() => Kind is not ("random" or "square");

    /// <summary>Whether the attack is defined in its <see cref="Norm"/>: the random step of r+fgsm is in linf alone.</summary>
    public bool IsDefinedInNorm() => Norm == "linf" || (Kind != "r+fgsm" && Start != "r+fgsm");

    /// <summary>Whether the attack asks a model for its scores alone, so that it is made on an integer model itself.</summary>
    public bool AsksForScores() => Kind == "square";
}

/// <summary>
/// Demands on one measurement, of which there is at least one: <see cref="AtLeast"/>, <see cref="NotWorseThan"/>, <see cref="Trusted"/>. It fails where the measurement does not meet one of them beyond chance.
/// </summary>
public sealed record GateDeclaration
{
    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The model, or a matrix for all its members. Required.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// The attack's name; <c>clean</c>; or <c>worst</c> or <c>worst-l2</c>, image by image the worst case over all attacks of the evaluation at ε in the norm linf or l2. The default is clean.
    /// </summary>
    public string Attack { get; init; } = AttackDeclaration.Clean;

    /// <summary>The strength ε in pixel units; 0 for clean. Range 0 to 255; the default is 0.</summary>
    public double Epsilon { get; init; }

    /// <summary>True for the attack made on a substitute, false for the one on the model itself. The default is false.</summary>
    public bool BlackBox { get; init; }

    /// <summary>
    /// The accuracy demanded: the gate fails where the upper end of the 95 % Wilson interval lies below it. Range 0 to 1; the default is none.
    /// </summary>
    public double? AtLeast { get; init; }

    /// <summary>
    /// A model, or a matrix for each of its other members, than which this one must not be worse in the same measurement, compared image by image: the gate fails where the upper end of the 95 %
    /// interval of the difference of accuracies (Newcombe's method 10) lies below 0. The default is none.
    /// </summary>
    public string NotWorseThan { get; init; } = "";

    /// <summary>
    /// True demands that the measurement can be believed: at ε the model is attacked by pgd of 50 steps or more with alpha of at most ε/4, by Auto-PGD of 20 steps or more, and without its gradients,
    /// and the evaluation shows no sign of masked gradients (DQ41xx). Of an integer model this is demanded of the trained one that it is made of. The default is false.
    /// </summary>
    public bool Trusted { get; init; }

    /// <summary>
    /// Certainty instead of the benefit of the doubt: true demands that the lower end of the interval reaches <see cref="AtLeast"/>, and that of a difference 0, which proves the model better or equal: what
    /// the images cannot tell apart fails. The default is false.
    /// </summary>
    public bool Certain { get; init; }
}
