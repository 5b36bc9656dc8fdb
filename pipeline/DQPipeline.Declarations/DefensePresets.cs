namespace DQPipeline.Declarations;

/// <summary>What the words of <see cref="TrainDeclaration.Defense"/> stand for.</summary>
public static class DefensePresets
{
    /// <summary>No defence.</summary>
    public const string None = "none";

    /// <summary>Defensive quantization as the paper has it.</summary>
    public const string Paper = "dq";

    /// <summary>What the search of examples/paper is after: what keeps the most under attack for its accuracy on clean images. Not settled; no penalty is among it so far.</summary>
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
            Activation = train.Activation with { Kind = "relu1" },
            Adversarial = train.Adversarial with { Kind = "r+fgsm", Epsilon = 2 },
        },
        _ => train,
    };
}
