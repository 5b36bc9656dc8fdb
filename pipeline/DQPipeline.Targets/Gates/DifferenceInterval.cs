namespace DQPipeline.Targets.Gates;

/// <summary>The 95 % interval of the difference of two shares of different images, by Newcombe's method 10 for independent samples (Statistics in Medicine 17, 1998, 873–890): of Wilson's intervals of both.</summary>
internal static class DifferenceInterval
{
    /// <summary>The interval of the first share less the second.</summary>
    public static (double Low, double High) Of(int firstCorrect, int firstSamples, int secondCorrect, int secondSamples)
    {
        var (first, second) = (WilsonInterval.Of(firstCorrect, firstSamples), WilsonInterval.Of(secondCorrect, secondSamples));
        var (p1, p2) = ((double)firstCorrect / firstSamples, (double)secondCorrect / secondSamples);
        return (p1 - p2 - Math.Sqrt(Square(p1 - first.Low) + Square(second.High - p2)), p1 - p2 + Math.Sqrt(Square(first.High - p1) + Square(p2 - second.Low)));
    }

    private static double Square(double value) => value * value;
}
