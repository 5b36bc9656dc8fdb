namespace DQPipeline.Evaluation;

/// <summary>Brings adversarial images onto the grid of 8-bit pixels, as an image file needs them.</summary>
public static class PixelGrid
{
    /// <summary>
    /// The 8-bit pixels nearest to <paramref name="xAdv"/> · 255 among those within ⌊ε⌋ of <paramref name="x"/>: rounded and never truncated,
    /// and inside the ball also for an ε that is no whole number.
    /// </summary>
    /// <param name="x">Clean pixels.</param>
    /// <param name="xAdv">Adversarial values, as many, in [0,1].</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a value is not in [0,1].</exception>
    public static byte[] RoundInside(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, double epsilon)
    {
        Attacks.Attack.CheckStrength(epsilon);
        if (x.Length != xAdv.Length)
            throw new ArgumentException($"{x.Length} clean pixels and {xAdv.Length} adversarial ones do not belong together.");
        // x is whole, so the whole numbers within ε of it are those within ⌊ε⌋.
        var reach = (int)Math.Floor(epsilon);
        var rounded = new byte[x.Length];
        for (var i = 0; i < rounded.Length; i++)
        {
            if (!(xAdv[i] is >= 0 and <= 1))
                throw new ArgumentException(FormattableString.Invariant($"Adversarial value {xAdv[i]} is not in [0,1]."));
            var nearest = (int)Math.Round(xAdv[i] * 255.0);
            rounded[i] = (byte)Math.Clamp(nearest, Math.Max(0, x[i] - reach), Math.Min(255, x[i] + reach));
        }

        return rounded;
    }
}
