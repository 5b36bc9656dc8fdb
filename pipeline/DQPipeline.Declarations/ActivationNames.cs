using System.Globalization;
using System.Text.RegularExpressions;

namespace DQPipeline.Declarations;

/// <summary>The names of bounded activations: <c>tanh</c>, and <c>relu</c> with its bound after it (<c>relu6</c>, <c>relu1</c>, <c>relu2.5</c>).</summary>
public static partial class ActivationNames
{
    internal const string Pattern = "^(tanh|relu(0\\.[1-9][1-9]?|[1-9][0-9]?(\\.[0-9]?[1-9])?))$";

    private static readonly string[] Examples = ["relu6", "relu1", "tanh"];

    /// <summary>Whether it is a ReLU that is bounded above, and not tanh.</summary>
    public static bool IsRectified(string kind) => kind != "tanh";

    /// <summary>The upper end of the range: what follows <c>relu</c>, or 1 of tanh.</summary>
    /// <param name="kind">A name without a complaint.</param>
    internal static double Bound(string kind) => IsRectified(kind) ? double.Parse(kind.AsSpan("relu".Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 1;

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? Complaint(string kind) =>
        // One way to write each bound, so that equal activations have equal keys.
        Spelled().Match(kind).Length == kind.Length ? null
            : kind == "relu" ? "relu has its bound in its name, as in relu6 or relu2.5"
            : $"\"{kind}\" is not tanh or relu with a bound from 0.1 to 99.99, as in relu6 or relu2.5{Spelling.DidYouMean(kind, Examples)}";

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Spelled();
}
