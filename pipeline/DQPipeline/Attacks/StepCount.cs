namespace DQPipeline.Attacks;

/// <summary>The number of steps of an iterated attack.</summary>
internal static class StepCount
{
    /// <summary><paramref name="declared"/>, or where that is 0 the paper's ⌊min(ε+4, 1.25·ε)⌋, at least 1; ε in pixel units.</summary>
    public static int Of(int declared, double epsilon)
    {
        if (declared > 0)
            return declared;
        // In decimal, where 1.25 · 5.6 is 7 and does not fall to 6.
        var strength = (decimal)epsilon;
        return Math.Max(1, (int)decimal.Floor(Math.Min(strength + 4, 1.25m * strength)));
    }
}
