using DQPipeline.Attacks.Objectives;
using DQPipeline.Declarations;
using DQPipeline.Quantization;

namespace DQPipeline.Attacks;

/// <summary>Makes attacks from what dq.json or the command line declares.</summary>
public static class AttackFactory
{
    /// <summary>Steps of Auto-PGD and FAB-T where none are declared: the reference's.</summary>
    private const int ReferenceSteps = 100;

    /// <summary>The kinds that exist: the paper's in its order, then the reference's.</summary>
    public static IReadOnlyList<string> Kinds { get; } = AttackDeclaration.Kinds;

    /// <summary>The attack that <paramref name="declaration"/> describes.</summary>
    /// <exception cref="DqException">DQ1004: an unknown kind, start, loss, norm or backward pass, an option out of its range, or a norm in which the attack is not defined.</exception>
    public static Attack Create(AttackDeclaration declaration)
    {
        Require(Kinds.Contains(declaration.Kind), $"there is no such attack; the attacks are {string.Join(", ", Kinds)}.");
        Require(declaration.Steps is >= 0 and <= 100_000, $"steps is {declaration.Steps}; it must be 0 (the kind's own number) to 100000.");
        Require(declaration.Alpha is >= 0.001 and <= 255, FormattableString.Invariant($"alpha is {declaration.Alpha}; it must be 0.001 to 255 pixel units."));
        Require(declaration.Restarts is >= 1 and <= 1000, $"restarts is {declaration.Restarts}; it must be 1 to 1000.");
        Require(declaration.Start is "uniform" or "r+fgsm", $"start is '{declaration.Start}'; it must be uniform or r+fgsm.");
        Require(declaration.Queries is >= 1 and <= 1_000_000, $"queries is {declaration.Queries}; it must be 1 to 1000000.");
        Require(declaration.Targets is >= 1 and <= 1000, $"targets is {declaration.Targets}; it must be 1 to 1000.");
        Require(declaration.Average is >= 1 and <= 1000, $"average is {declaration.Average}; it must be 1 to 1000.");
        var norm = NormWords.Parse(declaration.Norm);
        Require(declaration.IsDefinedInNorm(), "the random step of r+fgsm is defined in the norm linf alone.");
        var loss = Loss(declaration.Loss);
        if (declaration.Backward != "all")
            return Of(declaration, loss, norm, Pass(declaration.Backward));
        // Once is enough for what takes no gradient.
        var parts = Enum.GetValues<BackwardPass>().SelectMany(pass => Of(declaration, loss, norm, pass).Parts.Where(part => part.TakesGradient || pass == BackwardPass.Clipped));
        return new ManyAttacks(declaration.Kind, [.. parts]) { Norm = norm };

        void Require(bool holds, string message)
        {
            if (!holds)
                throw new DqException(DiagnosticCodes.OutOfRange, $"Attack '{declaration.Kind}': {message}");
        }
    }

    private static Attack Of(AttackDeclaration declared, Objective loss, Norm norm, BackwardPass pass)
    {
        var steps = declared.Steps > 0 ? declared.Steps : ReferenceSteps;
        return declared.Kind switch
        {
            "random" => new RandomNoise { Norm = norm },
            "fgsm" => new Fgsm(loss) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "r+fgsm" => new RandomFgsm(loss) { Backward = pass, Averaged = declared.Average },
            "bim" => new Bim(loss, declared.Steps, declared.Alpha) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "pgd" => new Pgd(loss, declared.Steps, declared.Alpha, declared.Start == "uniform", declared.Restarts) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "apgd-ce" => new Apgd("apgd-ce", new CrossEntropy(), steps, declared.Restarts, 1) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "apgd-dlr" => new Apgd("apgd-dlr", new LogitsRatio(), steps, declared.Restarts, 1) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "apgd-t" => new Apgd("apgd-t", new TargetedLogitsRatio(), steps, declared.Restarts, declared.Targets) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "fab-t" => new Fab(steps, declared.Restarts, declared.Targets) { Norm = norm, Backward = pass, Averaged = declared.Average },
            "square" => new SquareAttack(declared.Queries, declared.Restarts) { Norm = norm, Averaged = declared.Average },
            _ => new ManyAttacks("autoattack", [.. AttackDeclaration.AutoAttack.Select(kind => Of(declared with { Kind = kind }, loss, norm, pass))]) { Norm = norm },
        };
    }

    private static Objective Loss(string word) => word switch
    {
        "cross-entropy" => new CrossEntropy(),
        "margin" => new Margin(),
        "dlr" => new LogitsRatio(),
        _ => throw new DqException(DiagnosticCodes.OutOfRange, $"'{word}' is no loss of an attack; those are {string.Join(", ", AttackDeclaration.Losses)}."),
    };

    private static BackwardPass Pass(string word) => word switch
    {
        "clipped" => BackwardPass.Clipped,
        "straight" => BackwardPass.Straight,
        "smooth" => BackwardPass.Smooth,
        _ => throw new DqException(DiagnosticCodes.OutOfRange, $"'{word}' is no backward pass of an attack; those are {string.Join(", ", AttackDeclaration.BackwardPasses)}."),
    };
}
