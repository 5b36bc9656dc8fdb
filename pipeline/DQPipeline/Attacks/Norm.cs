using DQPipeline.Declarations;

namespace DQPipeline.Attacks;

/// <summary>How the size of a perturbation is measured.</summary>
public enum Norm
{
    /// <summary>The largest change of a value, ‖δ‖∞: the paper's, and the default.</summary>
    Linf,

    /// <summary>The Euclidean length of the change of an image, ‖δ‖₂.</summary>
    L2,
}

/// <summary>Norms by the words of dq.json.</summary>
internal static class NormWords
{
    /// <summary>The norm called linf or l2.</summary>
    /// <exception cref="DqException">DQ1004: another word.</exception>
    public static Norm Parse(string word) => word switch
    {
        "linf" => Norm.Linf,
        "l2" => Norm.L2,
        _ => throw new DqException(DiagnosticCodes.OutOfRange, $"'{word}' is no norm of an attack; those are {string.Join(", ", AttackDeclaration.Norms)}."),
    };
}
