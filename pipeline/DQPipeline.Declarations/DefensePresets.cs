namespace DQPipeline.Declarations;

/// <summary>What the words of <see cref="TrainDeclaration.Defense"/> stand for.</summary>
public static class DefensePresets
{
    /// <summary>No defence.</summary>
    public const string None = "none";

    /// <summary>Defensive quantization as the paper has it.</summary>
    public const string Paper = "dq";

    /// <summary>
    /// What the search of examples/paper found to keep the most under attack for its accuracy on clean images: adversarial training with one step, R+FGSM, and levels that lie where activations are. After a batch norm
    /// most values are below 2, and of ReLU6's four levels at 2 bits (0, 2, 4, 6) two are hardly used; so the range is [0, 3], and [0, 1.25] up to 2 bits, where a wider one hides from gradients what Square then finds.
    /// ε is 2, and 1.5 up to 2 bits, where the narrow range has cost accuracy already. No penalty is in it, because none added to it.
    /// </summary>
    public const string Plus = "dq+";

    internal static string[] Words { get; } = [None, Paper, Plus];

    /// <summary>A model's declaration with the defaults of a defence in the place of its own.</summary>
    /// <param name="train">The declaration.</param>
    /// <param name="defense">The word; one that means nothing changes nothing.</param>
    public static TrainDeclaration With(TrainDeclaration train, string defense) => defense switch
    {
        Paper => train with { Defense = Paper, Lipschitz = train.Lipschitz with { Beta = 1e-3 } },
        Plus => train with
        {
            Defense = Plus,
            Activation = train.Activation with { Kind = PlusActivation(train.Activation.Bits) },
            Adversarial = train.Adversarial with { Kind = "r+fgsm", Epsilon = PlusEpsilon(train.Activation.Bits) },
        },
        _ => train,
    };

    /// <summary>The activation of <see cref="Plus"/> at a number of bits.</summary>
    internal static string PlusActivation(int bits) => bits <= 2 ? "relu1.25" : "relu3";

    /// <summary>The ε of <see cref="Plus"/> in training at a number of bits, in pixel units.</summary>
    internal static double PlusEpsilon(int bits) => bits <= 2 ? 1.5 : 2;
}
