using CsCheck;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Tests;

/// <summary>Comparisons on the same images, against exact sums, symmetry, and how often the interval holds what it should.</summary>
public class PairedComparisonTests
{
    [Fact]
    public void Images_are_counted_pair_by_pair()
    {
        var found = PairedComparison.Of([true, true, true, false, false, true], [true, false, false, true, false, true]);
        Assert.Equal(new PairedComparison(2, 2, 1, 1), found);
        Assert.Equal(1 / 6.0, found.Difference, 1e-12);
        Assert.Throws<ArgumentException>(() => PairedComparison.Of([true], [true, false]));
        Assert.Throws<ArgumentException>(() => PairedComparison.Of([], []));
    }

    [Theory]
    // Binomial tails that can be summed by hand: 2·(1)/2⁵, 2·(1 + 6)/2⁶, and an even split.
    [InlineData(0, 5, 0.0625)]
    [InlineData(1, 5, 0.21875)]
    [InlineData(3, 3, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(10, 0, 2 / 1024.0)]
    public void The_p_value_is_the_exact_one(int first, int second, double p) => Assert.Equal(p, new PairedComparison(100, first, second, 50).PValue, 1e-12);

    [Fact]
    public void The_p_value_of_thousands_of_pairs_is_a_number()
    {
        // 2,000 differing pairs, 1,100 to 900: z = 200/√2000 = 4.47, and with continuity 4.45; the normal tail gives 8.6e-6.
        Assert.Equal(8.6e-6, new PairedComparison(5000, 1100, 900, 3000).PValue, 4e-7);
    }

    [Fact]
    public void The_comparison_does_not_care_which_comes_first() => Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], Gen.Int[0, 60], Gen.Int[0, 60]).Where(c => c.Item1 + c.Item2 + c.Item3 + c.Item4 > 0).Sample(c =>
    {
        var (one, other) = (new PairedComparison(c.Item1, c.Item2, c.Item3, c.Item4), new PairedComparison(c.Item1, c.Item3, c.Item2, c.Item4));
        return Math.Abs(one.PValue - other.PValue) < 1e-12 && Math.Abs(one.Interval.Low + other.Interval.High) < 1e-12
            && one.Interval.Low <= one.Difference + 1e-12 && one.Difference <= one.Interval.High + 1e-12 && one.Interval is { Low: >= -1.0001, High: <= 1.0001 };
    });

    [Theory]
    [InlineData(0.7, 0.6, 0.5)]
    [InlineData(0.9, 0.9, 0.88)]
    [InlineData(0.2, 0.05, 0.03)]
    public void The_interval_holds_the_difference_nineteen_times_out_of_twenty(double first, double second, double both)
    {
        // A trial with these shares of right images, 200 at a time; 4,000 trials know their rate to 0.35 %.
        var random = new Random(7);
        var held = 0;
        for (var trial = 0; trial < 4000; trial++)
        {
            var counts = new int[4];
            for (var image = 0; image < 200; image++)
            {
                var draw = random.NextDouble();
                counts[draw < both ? 0 : draw < first ? 1 : draw < first + second - both ? 2 : 3]++;
            }

            var (low, high) = new PairedComparison(counts[0], counts[1], counts[2], counts[3]).Interval;
            held += low <= first - second && first - second <= high ? 1 : 0;
        }

        Assert.InRange(held / 4000.0, 0.94, 0.98);
    }

    [Fact]
    public void Fewer_images_that_differ_make_a_narrower_interval_than_two_measurements_apart()
    {
        var close = new PairedComparison(480, 20, 10, 490).Interval;
        var apart = new PairedComparison(245, 255, 245, 255).Interval;
        Assert.True(close.High - close.Low < (apart.High - apart.Low) / 2);
    }
}
