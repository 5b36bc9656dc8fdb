using CsCheck;
using DQPipeline.Data;

namespace DQPipeline.Tests.Data;

public class SamplingTests
{
    private static readonly Gen<(int[] Classes, int Count, int Seed)> Cases =
        from classes in Gen.Int[0, 5].Array[1, 60]
        from count in Gen.Int[0, classes.Length]
        from seed in Gen.Int[0, int.MaxValue]
        select (classes, count, seed);

    [Fact]
    public void A_sample_is_ascending_without_repeats_and_as_large_as_asked() => Cases.Sample(c =>
    {
        var sample = Sampling.ClassBalanced(c.Classes, c.Count, c.Seed);
        Assert.Equal(c.Count, sample.Length);
        Assert.Equal(sample.Distinct().Order(), sample);
        Assert.All(sample, i => Assert.InRange(i, 0, c.Classes.Length - 1));
    });

    [Fact]
    public void No_class_could_give_way_to_a_rarer_one() => Cases.Sample(c =>
    {
        // What "equal as far as possible" means: a class that is not used up has at most one fewer than any other.
        var sample = Sampling.ClassBalanced(c.Classes, c.Count, c.Seed);
        var used = Enumerable.Range(0, 6).Select(k => sample.Count(i => c.Classes[i] == k)).ToArray();
        for (var k = 0; k < 6; k++)
        {
            if (used[k] < c.Classes.Count(x => x == k))
                Assert.True(used.Max() <= used[k] + 1, $"{string.Join(' ', used)}");
        }
    });

    [Fact]
    public void Full_classes_give_exactly_equal_shares_and_the_remainder_one_each()
    {
        var classes = Enumerable.Range(0, 1000).Select(i => i % 10).ToArray();
        var shares = Sampling.ClassBalanced(classes, 207, seed: 3).GroupBy(i => classes[i]).Select(g => g.Count()).Order();
        Assert.Equal([20, 20, 20, 21, 21, 21, 21, 21, 21, 21], shares);
    }

    [Fact]
    public void A_larger_balanced_sample_contains_the_smaller()
    {
        var classes = Enumerable.Range(0, 500).Select(i => i * 7 % 10).ToArray();
        Assert.Empty(Sampling.ClassBalanced(classes, 50, seed: 9).Except(Sampling.ClassBalanced(classes, 300, seed: 9)));
    }

    [Fact]
    public void Every_image_of_a_class_is_as_likely_to_be_chosen()
    {
        var classes = Enumerable.Range(0, 20).Select(i => i % 2).ToArray();
        var counts = new int[20];
        for (var seed = 0; seed < 2000; seed++)
        {
            foreach (var i in Sampling.ClassBalanced(classes, 4, seed))
                counts[i]++;
        }

        // Binomial(2000, 1/5): 400 ± 17.9; five deviations.
        Assert.All(counts, count => Assert.InRange(count, 310, 490));
    }

    [Fact]
    public void More_than_there_is_cannot_be_chosen() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampling.ClassBalanced([0, 1], 3, seed: 0));

    [Fact]
    public void An_order_visits_each_once_and_differs_by_seed_and_epoch() =>
        Gen.Select(Gen.Int[50, 300], Gen.Int[0, 1000], Gen.Int[0, 50]).Sample((n, seed, epoch) =>
        {
            var order = Sampling.Permutation(n, seed, epoch);
            Assert.Equal(Enumerable.Range(0, n), order.Order());
            Assert.Equal(order, Sampling.Permutation(n, seed, epoch));
            Assert.NotEqual(order, Sampling.Permutation(n, seed, epoch + 1));
            Assert.NotEqual(order, Sampling.Permutation(n, seed + 1, epoch));
        });

    [Fact]
    public void All_orders_of_four_are_equally_likely()
    {
        var counts = Enumerable.Range(0, 24_000).GroupBy(epoch => string.Join("", Sampling.Permutation(4, 1, epoch))).Select(g => g.Count()).ToArray();
        Assert.Equal(24, counts.Length);
        // Chi-squared with 23 degrees of freedom: 49.7 is exceeded once in a thousand seeds.
        Assert.True(counts.Sum(count => (count - 1000.0) * (count - 1000.0) / 1000) < 49.7, string.Join(' ', counts));
    }
}
