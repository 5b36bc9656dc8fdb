using DQPipeline.Attacks;

namespace DQPipeline.Evaluation;

/// <summary>Brings adversarial images onto the grid of 8-bit pixels, as an image file needs them.</summary>
public static class PixelGrid
{
    /// <summary>Pixel units that float32 does not take from a value or give to it: what is nearer to the grid lies on it.</summary>
    private const double Least = 1e-4;

    /// <summary>The images of a set on the grid, inside their balls: N×C×H×W.</summary>
    public static byte[] RoundInside(AdversarialSet set)
    {
        var (size, rounded) = (set.Channels * set.Height * set.Width, new byte[set.X.Length]);
        for (var at = 0; at < rounded.Length; at += size)
            RoundInside(set.X.AsSpan(at, size), set.XAdv.AsSpan(at, size), set.Epsilon, set.Norm).CopyTo(rounded, at);
        return rounded;
    }

    /// <summary>
    /// The 8-bit pixels nearest to <paramref name="xAdv"/> · 255, rounded and never truncated, and inside the ball of <paramref name="x"/> also for an ε that is no whole number. In the
    /// maximum norm those within ⌊ε⌋ of it. In the Euclidean norm, where rounding has made the change longer than ε, values go to the grid's next point towards the clean image instead, those first
    /// that rounding carried furthest from it, until the change is short enough. What is left of ε is spent on the way of the attack: values that rounding held back go a point further, those first that it
    /// held back most. So a change of which each value is small, and which would round to nothing, goes to the grid's points that do most of it.
    /// </summary>
    /// <param name="x">Clean pixels; in the Euclidean norm those of one image.</param>
    /// <param name="xAdv">Adversarial values, as many, in [0,1].</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <param name="norm">The norm of the ball.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a value is not in [0,1].</exception>
    public static byte[] RoundInside(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, double epsilon, Norm norm = Norm.Linf)
    {
        Attack.CheckStrength(epsilon);
        if (x.Length != xAdv.Length)
            throw new ArgumentException($"{x.Length} clean pixels and {xAdv.Length} adversarial ones do not belong together.");
        // x is whole, so the whole numbers within ε of it are those within ⌊ε⌋; a change of length ε has no larger value either.
        var reach = (int)Math.Floor(epsilon);
        var rounded = new byte[x.Length];
        for (var i = 0; i < rounded.Length; i++)
        {
            if (!(xAdv[i] is >= 0 and <= 1))
                throw new ArgumentException(FormattableString.Invariant($"Adversarial value {xAdv[i]} is not in [0,1]."));
            var nearest = (int)Math.Round(xAdv[i] * 255.0);
            rounded[i] = (byte)Math.Clamp(nearest, Math.Max(0, x[i] - reach), Math.Min(255, x[i] + reach));
        }

        if (norm == Norm.L2)
            Spend(x, xAdv, rounded, (epsilon * epsilon) - Shorten(x, xAdv, rounded, epsilon * epsilon));
        return rounded;
    }

    /// <summary>Takes changed values a point of the grid back until the squared length of the change, which is returned, is within <paramref name="most"/>.</summary>
    private static long Shorten(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, byte[] rounded, double most)
    {
        var squares = 0L;
        for (var i = 0; i < rounded.Length; i++)
            squares += (long)(rounded[i] - x[i]) * (rounded[i] - x[i]);
        // Once around is enough for an image within its ball: no value is then further from the clean one than it was before rounding.
        while (squares > most)
        {
            foreach (var order in Overshoots(x, xAdv, rounded))
            {
                var i = (int)(uint)order;
                var change = rounded[i] - x[i];
                squares -= (2L * Math.Abs(change)) - 1;
                rounded[i] = (byte)(rounded[i] - Math.Sign(change));
                if (squares <= most)
                    break;
            }
        }

        return squares;
    }

    /// <summary>Takes values a point of the grid further from the clean image, as long as the squared length grows by no more than <paramref name="left"/>.</summary>
    private static void Spend(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, byte[] rounded, double left)
    {
        // No step costs less.
        if (left < 1)
            return;
        foreach (var order in HeldBack(x, xAdv, rounded))
        {
            var i = (int)(uint)order;
            var cost = (2 * Math.Abs(rounded[i] - x[i])) + 1;
            if (cost > left)
                continue;
            left -= cost;
            rounded[i] = (byte)(rounded[i] + Math.Sign((xAdv[i] * 255.0) - x[i]));
        }
    }

    /// <summary>The values that lie nearer to the clean image than what they were rounded from, those first that are furthest from it; of equal ones the first.</summary>
    /// <inheritdoc cref="Overshoots"/>
    private static ulong[] HeldBack(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, byte[] rounded)
    {
        var (orders, count) = (new ulong[rounded.Length], 0);
        for (var i = 0; i < rounded.Length; i++)
        {
            var exact = xAdv[i] * 255.0;
            var missing = Math.Sign(exact - x[i]) * (exact - rounded[i]);
            if (missing > Least)
                orders[count++] = ((ulong)BitConverter.SingleToUInt32Bits((float)(255 - missing)) << 32) | (uint)i;
        }

        Array.Resize(ref orders, count);
        Array.Sort(orders);
        return orders;
    }

    /// <summary>
    /// The changed values, those first that lie furthest beyond what they were rounded from, seen from the clean image; of equal ones the first.
    /// </summary>
    /// <returns>Numbers that hold the order in their upper halves and the index in their lower: an attack sorts thousands of them at each query.</returns>
    private static ulong[] Overshoots(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv, byte[] rounded)
    {
        var (orders, count) = (new ulong[rounded.Length], 0);
        for (var i = 0; i < rounded.Length; i++)
        {
            var change = rounded[i] - x[i];
            if (change == 0)
                continue;
            var overshoot = Math.Sign(change) * (rounded[i] - (xAdv[i] * 255.0));
            // Rounding goes no further than a half beyond; the bits of numbers that are not negative have their order.
            orders[count++] = ((ulong)BitConverter.SingleToUInt32Bits((float)Math.Max(0, 0.5 - overshoot)) << 32) | (uint)i;
        }

        Array.Resize(ref orders, count);
        Array.Sort(orders);
        return orders;
    }
}
