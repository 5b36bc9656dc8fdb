namespace DQPipeline.Targets.Gates;

/// <summary>
/// The 95 % interval of a share by Wilson's score method (E. B. Wilson, JASA 22, 1927), which holds its level for few samples and at 0 and 1 too.
/// </summary>
/// <param name="Low">Its lower end, 0 to 1.</param>
/// <param name="High">Its upper end, 0 to 1.</param>
public readonly record struct WilsonInterval(double Low, double High)
{
    /// <summary>The 97.5 % quantile of the normal distribution.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>The interval of <paramref name="correct"/> out of <paramref name="samples"/>.</summary>
    /// <param name="correct">Hits, 0 to <paramref name="samples"/>.</param>
    /// <param name="samples">Trials, from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The numbers are no share.</exception>
    public static WilsonInterval Of(long correct, long samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, samples);
        double n = samples, p = correct / n;
        var centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
        var half = Z / (1 + Z * Z / n) * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        // At the ends the exact bound is the end itself; rounding must not leave a hair between them.
        return new(correct == 0 ? 0 : Math.Max(0, centre - half), correct == samples ? 1 : Math.Min(1, centre + half));
    }
}
