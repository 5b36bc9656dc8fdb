namespace DQPipeline.Attacks;

/// <summary>The number of steps of an iterated attack.</summary>
internal static class StepCount
{
    /// <summary><paramref name="declared"/>, or where that is 0 the paper's ⌊min(ε+4, 1.25·ε)⌋, at least 1; ε in pixel units.</summary>
    public static int Of(int declared, double epsilon) =>
        declared > 0 ? declared : Math.Max(1, (int)Math.Floor(Math.Min(epsilon + 4, 1.25 * epsilon)));
}
