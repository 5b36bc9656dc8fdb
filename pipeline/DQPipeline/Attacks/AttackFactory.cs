using DQPipeline.Declarations;

namespace DQPipeline.Attacks;

/// <summary>Makes attacks from what dq.json or the command line declares.</summary>
public static class AttackFactory
{
    /// <summary>The kinds that exist, in the paper's order.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["random", "fgsm", "r+fgsm", "bim", "pgd"];

    /// <summary>The attack that <paramref name="declaration"/> describes.</summary>
    /// <exception cref="DqException">DQ1004: an unknown kind or start, or an option out of its range.</exception>
    public static Attack Create(AttackDeclaration declaration)
    {
        Require(declaration.Steps is >= 0 and <= 100_000, $"steps is {declaration.Steps}; it must be 0 (the paper's number) to 100000.");
        Require(declaration.Alpha is >= 0.001 and <= 255, FormattableString.Invariant($"alpha is {declaration.Alpha}; it must be 0.001 to 255 pixel units."));
        Require(declaration.Restarts is >= 1 and <= 1000, $"restarts is {declaration.Restarts}; it must be 1 to 1000.");
        Require(declaration.Start is "uniform" or "r+fgsm", $"start is '{declaration.Start}'; it must be uniform or r+fgsm.");
        return declaration.Kind switch
        {
            "random" => new RandomNoise(),
            "fgsm" => new Fgsm(),
            "r+fgsm" => new RandomFgsm(),
            "bim" => new Bim(declaration.Steps, declaration.Alpha),
            "pgd" => new Pgd(declaration.Steps, declaration.Alpha, declaration.Start == "uniform", declaration.Restarts),
            _ => throw new DqException(
                DiagnosticCodes.OutOfRange, $"There is no attack '{declaration.Kind}'; the attacks are {string.Join(", ", Kinds)}."),
        };

        void Require(bool holds, string message)
        {
            if (!holds)
                throw new DqException(DiagnosticCodes.OutOfRange, $"Attack '{declaration.Kind}': {message}");
        }
    }
}
