using DQPipeline.Data;

namespace DQPipeline.Tests.Data;

public class SeededRandomTests
{
    /// <summary>Known answers of Random123, the authors' own implementation (kat_vectors, philox4x32 10).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), SeededRandom.Philox((c0, c1, c2, c3), (k0, k1)));

    [Fact]
    public void Draws_are_the_words_of_consecutive_counters()
    {
        var random = new SeededRandom(2019, RandomPurpose.Order, epoch: 3, index: 7);
        var expected = new List<uint>();
        for (var block = 0u; block < 3; block++)
        {
            var (a, b, c, d) = SeededRandom.Philox((block, 7, 3, 0), (2019, (uint)RandomPurpose.Order));
            expected.AddRange([a, b, c, d]);
        }

        foreach (var word in expected)
            Assert.Equal(word, random.NextBits());
    }

    [Fact]
    public void Seed_purpose_epoch_and_index_each_give_other_numbers()
    {
        uint[] first =
        [
            new SeededRandom(1, RandomPurpose.Order).NextBits(), new SeededRandom(2, RandomPurpose.Order).NextBits(),
            new SeededRandom(1, RandomPurpose.Sample).NextBits(), new SeededRandom(1, RandomPurpose.Order, epoch: 1).NextBits(),
            new SeededRandom(1, RandomPurpose.Order, index: 1).NextBits(),
        ];
        Assert.Equal(first.Length, first.Distinct().Count());
    }

    [Fact]
    public void Numbers_below_a_bound_are_equally_likely()
    {
        // Chi-squared with 6 degrees of freedom: 22.5 is exceeded once in a thousand seeds.
        var counts = new int[7];
        var random = new SeededRandom(5, RandomPurpose.Sample);
        for (var i = 0; i < 70_000; i++)
            counts[random.Next(7)]++;
        Assert.True(counts.Sum(count => (count - 10_000.0) * (count - 10_000.0) / 10_000) < 22.5, string.Join(' ', counts));
    }

    [Fact]
    public void A_bell_has_mean_0_and_variance_1()
    {
        var random = new SeededRandom(6, RandomPurpose.Sample);
        var draws = Enumerable.Range(0, 100_000).Select(_ => (double)random.NextBell()).ToArray();
        Assert.InRange(draws.Average(), -0.0135, 0.0135); // 4.3 standard errors
        Assert.InRange(draws.Average(x => x * x), 0.98, 1.02);
        Assert.All(draws, x => Assert.InRange(x, -3.46, 3.46));
    }
}
