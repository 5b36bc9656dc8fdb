namespace DQPipeline.Targets.Gates;

/// <summary>Two measurements on the same images, counted image by image. What both get right or wrong says nothing about which is better; so pairs tell apart what two intervals cannot.</summary>
/// <param name="Both">Images that are right in both.</param>
/// <param name="FirstOnly">Images that are right in the first alone.</param>
/// <param name="SecondOnly">Images that are right in the second alone.</param>
/// <param name="Neither">Images that are right in neither.</param>
public readonly record struct PairedComparison(int Both, int FirstOnly, int SecondOnly, int Neither)
{
    /// <summary>Counts two measurements.</summary>
    /// <param name="first">For each image whether the first is right.</param>
    /// <param name="second">The same of the second, for the same images in the same order.</param>
    /// <exception cref="ArgumentException">They are not of as many images, or of none.</exception>
    public static PairedComparison Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        if (first.Count != second.Count || first.Count == 0)
            throw new ArgumentException($"{first.Count} and {second.Count} images are no pairs.");
        var counts = new int[4];
        for (var i = 0; i < first.Count; i++)
            counts[(first[i] ? 0 : 2) + (second[i] ? 0 : 1)]++;
        return new(counts[0], counts[1], counts[2], counts[3]);
    }

    /// <summary>Images compared.</summary>
    public int Samples => Both + FirstOnly + SecondOnly + Neither;

    /// <summary>Accuracy of the first less that of the second, −1 to 1.</summary>
    public double Difference => (double)(FirstOnly - SecondOnly) / Samples;

    /// <summary>The exact two-sided p-value of McNemar's test: how likely a split of the images that differ at least as uneven is, were both as good as each other.</summary>
    public double PValue
    {
        get
        {
            var (differ, fewer) = (FirstOnly + SecondOnly, Math.Min(FirstOnly, SecondOnly));
            // Σ C(n, k)/2ⁿ up to the smaller count, in logarithms: 2ⁿ outgrows a double from a thousand images on.
            var (tail, logarithm) = (0.0, -differ * Math.Log(2));
            for (var k = 0; k <= fewer; k++)
            {
                tail += Math.Exp(logarithm);
                logarithm += Math.Log(differ - k) - Math.Log(k + 1);
            }

            return Math.Min(1, 2 * tail);
        }
    }

    /// <summary>
    /// The 95 % interval of <see cref="Difference"/> by Newcombe's method 10 (Statistics in Medicine 17, 1998): of Wilson's intervals of both shares, with their correlation.
    /// It holds its level for few images and where no image differs.
    /// </summary>
    public (double Low, double High) Interval
    {
        get
        {
            double n = Samples;
            var (p1, p2) = ((Both + FirstOnly) / n, (Both + SecondOnly) / n);
            var (first, second) = (WilsonInterval.Of(Both + FirstOnly, Samples), WilsonInterval.Of(Both + SecondOnly, Samples));
            var correlation = Correlation();
            double Reach(double one, double other) => Math.Sqrt(Math.Max(0, (one * one) - (2 * correlation * one * other) + (other * other)));
            return (Difference - Reach(p1 - first.Low, second.High - p2), Difference + Reach(first.High - p1, p2 - second.Low));
        }
    }

    /// <summary>φ of the table, its numerator corrected for continuity where it is positive.</summary>
    private double Correlation()
    {
        double right1 = Both + FirstOnly, wrong1 = SecondOnly + Neither, right2 = Both + SecondOnly, wrong2 = FirstOnly + Neither;
        var product = right1 * wrong1 * right2 * wrong2;
        if (product == 0)
            return 0;
        var determinant = ((double)Both * Neither) - ((double)FirstOnly * SecondOnly);
        var numerator = determinant > Samples / 2.0 ? determinant - (Samples / 2.0) : Math.Min(determinant, 0);
        return numerator / Math.Sqrt(product);
    }
}
