namespace DQPipeline.Onnx.Quantization;

/// <summary>How often values fell into each of a fixed number of equal bins between the smallest and the largest.</summary>
internal sealed class Histogram
{
    private const int Bins = 4096;

    /// <summary>Shares of the full range that are tried for the smallest error: 1, 0.99, …, 0.2.</summary>
    private const int SmallestShare = 20;

    private readonly long[] counts = new long[Bins];
    private readonly double low;
    private readonly double width;

    /// <summary>An empty histogram.</summary>
    /// <param name="low">The smallest value that will come.</param>
    /// <param name="high">The largest.</param>
    public Histogram(double low, double high)
    {
        (this.low, High) = (low, high);
        width = (high - low) / Bins;
    }

    private double High { get; }

    private long Total => counts.Sum();

    /// <summary>Counts values.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        var perUnit = width > 0 ? 1 / width : 0;
        foreach (var value in values)
            counts[Math.Clamp((int)((value - low) * perUnit), 0, Bins - 1)]++;
    }

    /// <summary>The grid that a method finds.</summary>
    /// <param name="method">The method.</param>
    /// <param name="percentile">For <see cref="CalibrationMethod.Percentile"/>: percent of the values that lie within, 50 to 100.</param>
    /// <param name="shape">The grid over a range.</param>
    /// <param name="largest">The largest byte that is used.</param>
    public ByteGrid Grid(CalibrationMethod method, double percentile, Func<double, double, ByteGrid> shape, int largest = byte.MaxValue) => method switch
    {
        CalibrationMethod.Range => shape(low, High),
        CalibrationMethod.Percentile => Within(percentile, shape),
        _ => Closest(shape, largest),
    };

    private ByteGrid Within(double percentile, Func<double, double, ByteGrid> shape)
    {
        var outside = (long)(Total * (1 - (percentile / 100)) / 2);
        return shape(low + (width * Skipped(counts, outside)), High - (width * Skipped(Enumerable.Reverse(counts), outside)));
    }

    /// <summary>How many bins from one end hold no more values than are left outside.</summary>
    private static int Skipped(IEnumerable<long> fromEnd, long outside) => fromEnd.TakeWhile(count => (outside -= count) >= 0).Count();

    private ByteGrid Closest(Func<double, double, ByteGrid> shape, int largest) => Enumerable.Range(SmallestShare, 101 - SmallestShare)
        .Select(share => shape(low * share / 100, High * share / 100)).MinBy(grid => Error(grid, largest));

    private double Error(ByteGrid grid, int largest)
    {
        var sum = 0d;
        for (var i = 0; i < Bins; i++)
        {
            if (counts[i] == 0)
                continue;
            var value = low + ((i + 0.5) * width);
            var error = grid.Nearest(value, largest) - value;
            sum += counts[i] * error * error;
        }

        return sum;
    }
}
