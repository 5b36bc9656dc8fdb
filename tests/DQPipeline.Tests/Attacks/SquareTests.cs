using DQPipeline.Attacks;
using DQPipeline.Attacks.Scores;
using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Attacks;

/// <summary>Square on models that are a few lines of arithmetic: it needs no library for tensors.</summary>
public sealed class SquareTests
{
    private static readonly (int Channels, int Height, int Width) s_shape = (3, 8, 10);
    private const int Size = 240;

    [Theory]
    // The moments of 10,000 queries at which the share is halved, and those of 5,000 with them.
    [InlineData(10, 10_000, 0.8)]
    [InlineData(11, 10_000, 0.4)]
    [InlineData(51, 10_000, 0.2)]
    [InlineData(200, 10_000, 0.2)]
    [InlineData(201, 10_000, 0.1)]
    [InlineData(1001, 10_000, 0.8 / 32)]
    [InlineData(8001, 10_000, 0.8 / 512)]
    [InlineData(5, 5_000, 0.8)]
    [InlineData(6, 5_000, 0.4)]
    [InlineData(4_001, 5_000, 0.8 / 512)]
    public void Windows_shrink_at_the_references_moments(int query, int queries, double share) => Assert.Equal(share, SquareSchedule.Share(query, queries), 1e-12);

    [Theory]
    [InlineData(0.8, 32, 32, 29)]
    [InlineData(0.4, 32, 32, 20)]
    [InlineData(0.8 / 512, 32, 32, 1)]
    [InlineData(0.8, 8, 32, 8)]
    public void A_window_covers_the_share(double share, int height, int width, int side) => Assert.Equal(side, SquareSchedule.Side(share, height, width));

    [Theory]
    [InlineData(Norm.Linf)]
    [InlineData(Norm.L2)]
    public void Every_image_that_is_shown_lies_in_the_ball_and_the_one_of_the_smallest_margin_is_found(Norm norm)
    {
        var clean = Clean(3);
        var shown = new List<float>[3];
        foreach (ref var margins in shown.AsSpan())
            margins = [];
        var search = new Square(s_shape, 3, 16, norm, queries: 300) { Batch = 2 };
        var (images, found) = search.Search(clean, [0, 1, 2], [7, 8, 9], (batch, count, logits) =>
        {
            for (var i = 0; i < count; i++)
            {
                var image = batch.Slice(i * Size, Size).ToArray();
                var at = AssertInBall(clean, image, norm, 16);
                shown[at].Add(Margin(image, at));
                Logits(image).CopyTo(logits[(i * 3)..]);
            }
        }, seed: 1, stopsWhenWrong: false);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(301, shown[i].Count);
            Assert.Equal(shown[i].Min(), found[i]);
            Assert.Equal(found[i], Margin(images.AsSpan(i * Size, Size).ToArray(), i));
            Assert.True(found[i] < shown[i].Take(2).Min(), $"{found[i]} after 300 queries, {shown[i].Take(2).Min()} after one");
        }
    }

    [Fact]
    public void It_begins_with_stripes_and_changes_one_square_of_one_size_at_a_time()
    {
        var clean = new float[Size];
        Array.Fill(clean, 0.5f);
        const int queries = 600;
        var shown = new List<float[]>();
        // A model that likes nothing: no candidate is kept, so each differs from the first image by its window alone.
        _ = new Square(s_shape, 2, 25.5, queries: queries).Search(clean, [0], [1], (batch, _, logits) =>
        {
            shown.Add(batch.ToArray());
            (logits[0], logits[1]) = (shown.Count, 0);
        }, seed: 3);
        Assert.Equal(queries + 1, shown.Count);
        var start = shown[0];
        for (var i = 0; i < Size; i++)
        {
            Assert.True(Math.Abs(Math.Abs(start[i] - 0.5f) - 0.1f) < 1e-6);
            Assert.Equal(start[((i / 80 * 8) * 10) + (i % 10)], start[i]);
        }

        var (changes, sides, wide) = (0, new HashSet<int>(), new HashSet<int>());
        for (var query = 1; query <= queries; query++)
        {
            var side = SquareSchedule.Side(SquareSchedule.Share(query, queries), 8, 10);
            sides.Add(side);
            var changed = Enumerable.Range(0, Size).Where(i => shown[query][i] != start[i]).ToList();
            if (changed.Count == 0)
                continue;
            var (rows, columns) = (changed.ConvertAll(i => i / 10 % 8), changed.ConvertAll(i => i % 10));
            changes++;
            // A stripe has one value, so that a column of the window changes as a whole or not at all.
            Assert.Equal(side - 1, rows.Max() - rows.Min());
            Assert.InRange(columns.Max() - columns.Min(), 0, side - 1);
            if (columns.Max() - columns.Min() == side - 1)
                wide.Add(side);
            foreach (var channel in changed.GroupBy(i => i / 80))
                Assert.Single(channel.Select(i => shown[query][i]).Distinct());
        }

        Assert.Equal([1, 2, 3, 4, 6], sides.Order());
        Assert.Equal(sides.Order(), wide.Order());
        // Of a window of one pixel each channel has its old value again with a chance of a half.
        Assert.InRange(changes, queries * 3 / 4, queries);
    }

    [Fact]
    public void A_sample_gets_its_own_windows_whatever_the_batch()
    {
        var clean = Clean(3);
        var search = new Square(s_shape, 3, 8, queries: 50);
        var all = search.Search(clean, [0, 1, 2], [4, 5, 6], Model, seed: 2, stopsWhenWrong: false).Images;
        var alone = search.Search(clean[Size..(2 * Size)], [1], [5], Model, seed: 2, stopsWhenWrong: false).Images;
        Assert.Equal(all[Size..(2 * Size)], alone);
        Assert.NotEqual(alone, search.Search(clean[Size..(2 * Size)], [1], [5], Model, seed: 2, restart: 1, stopsWhenWrong: false).Images);
    }

    [Fact]
    public void Images_that_are_misclassified_are_shown_no_more()
    {
        var asked = 0;
        // Wrong about everything but the first image shown.
        _ = new Square(s_shape, 2, 8, queries: 100).Search(Clean(2), [0, 0], [1, 2], (_, count, logits) =>
        {
            asked += count;
            for (var i = 0; i < count; i++)
                (logits[2 * i], logits[(2 * i) + 1]) = asked <= 2 && i == 0 ? (1, 0) : (0, 1);
        }, seed: 1);
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Answers_that_are_no_numbers_are_DQ3004()
    {
        var failure = Assert.Throws<DqException>(() => new Square(s_shape, 2, 8).Search(Clean(1), [0], [1], (_, _, logits) => logits.Fill(float.NaN), seed: 1));
        Assert.Equal("DQ3004", failure.Diagnostics[0].Code);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(29)]
    public void A_bump_has_length_1_and_halves_of_opposite_sign(int side)
    {
        for (var seed = 0; seed < 4; seed++)
        {
            var random = new SeededRandom(seed, RandomPurpose.Attack);
            var bump = EuclideanSquareMoves.Bump(side, ref random);
            Assert.Equal(1, bump.Sum(value => (double)value * value), 1e-5);
            float At(int row, int column) => bump[(row * side) + column];
            var isAcross = At(0, side / 2) > 0 && At(side - 1, side / 2) < 0;
            var half = side / 2;
            for (var row = 0; row < side; row++)
            {
                for (var column = 0; column < side; column++)
                    Assert.True((isAcross ? row : column) < half ? At(row, column) >= 0 : At(row, column) <= 0);
            }

            // The half's middle is its peak: 1 + 1/4 + 1/9 + … of rectangles lie upon each other there.
            Assert.Equal(bump.Max(), isAcross ? At(half / 2, side / 2) : At(side / 2, half / 2));
        }
    }

    private static float[] Clean(int images)
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, images * Size).Select(_ => random.Next(256) / 255f)];
    }

    private static void Model(ReadOnlySpan<float> batch, int count, Span<float> logits)
    {
        for (var i = 0; i < count; i++)
            Logits(batch.Slice(i * Size, Size).ToArray()).CopyTo(logits[(i * 3)..]);
    }

    /// <summary>Three logits that depend on the image's left, middle and right.</summary>
    private static float[] Logits(float[] image)
    {
        var logits = new float[3];
        for (var i = 0; i < Size; i++)
            logits[Math.Min(2, i % 10 / 4)] += (image[i] - 0.3f) * (1 + (i % 7));
        return logits;
    }

    /// <summary>z_y − max_{j≠y} zⱼ.</summary>
    private static float Margin(float[] image, int y)
    {
        var logits = Logits(image);
        return logits[y] - logits.Where((_, k) => k != y).Max();
    }

    /// <summary>Holds an image against the clean one that is nearest; which one that is.</summary>
    private static int AssertInBall(float[] all, float[] image, Norm norm, double epsilon)
    {
        var (nearest, which) = Enumerable.Range(0, all.Length / Size).Select(at =>
        {
            var change = image.Select((value, i) => Math.Abs((double)value - all[(at * Size) + i])).ToArray();
            return (norm == Norm.Linf ? change.Max() : Math.Sqrt(change.Sum(value => value * value)), at);
        }).Min();
        Assert.True(nearest <= (epsilon / 255) + 1e-6, $"{nearest * 255} from every clean image");
        Assert.All(image, value => Assert.InRange(value, 0, 1));
        return which;
    }
}
