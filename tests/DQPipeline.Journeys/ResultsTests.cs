using System.Text;
using DQPipeline.Results;

namespace DQPipeline.Journeys;

/// <summary>The page of the paper's results: what it says follows from the lock files.</summary>
public class ResultsTests
{
    [Fact]
    public void The_committed_page_and_its_charts_are_what_the_lock_files_say()
    {
        var folder = Path.Combine(DqTool.Repository, "examples", "paper");
        var page = Page.Of(folder);
        Assert.Equal(page.Text, File.ReadAllText(Path.Combine(folder, "RESULTS.md")));
        Assert.All(page.Files, file => Assert.Equal(file.Value, File.ReadAllBytes(Path.Combine(folder, file.Key))));
    }

    // 1,000 images. 300 against 200 right, of which 150 in both: a difference of 10 points whose interval by Newcombe's method, computed apart, is 7.29 to 12.71.
    [Theory]
    [InlineData(0, "**Shown**: 30.0 % against 20.0 %, +10.0 points")]
    [InlineData(0.02, "by 2.0 points or more. **Shown**")]
    [InlineData(0.10, "by 10.0 points or more. **Not settled, but it points there**")]
    [InlineData(0.07, "by 7.0 points or more. **Shown**")]
    [InlineData(0.12, "**Not settled, and it falls short**")]
    [InlineData(0.128, "**Refuted**")]
    [InlineData(-0.03, "or at most 3.0 points below. **Shown**")]
    public void A_claim_is_held_against_the_interval_of_its_pairs(double by, string expected) =>
        Assert.Contains(expected, Verdict.Of("More is more", by, [Paired(both: 150, moreOnly: 150, thanOnly: 50, neither: 650)]), StringComparison.Ordinal);

    [Fact]
    public void Of_several_seeds_each_has_to_show_it()
    {
        var clear = Paired(150, 150, 50, 650);
        var faint = Paired(200, 100, 90, 610);
        Assert.Contains("**Shown**", Verdict.Of("So it is", 0, [clear, clear]), StringComparison.Ordinal);
        var mixed = Verdict.Of("So it is", 0, [clear, faint]);
        Assert.Contains("**Not settled, but it points there**: 30.0 %, 30.0 % against 20.0 %, 29.0 % in 2 seeds, +5.5 points on average (95 % interval +2.9 to +8.1); in the least of them +1.0 points", mixed, StringComparison.Ordinal);
    }

    // Four images, two seeds. Differences of the images: (1, 1), (1, 0), (0, 0), (−1, 0); averaged 1, 0.5, 0, −0.5; their mean 0.25, their variance (0.75² + 0.25² + 0.25² + 0.75²) / 3 = 5 / 12,
    // so the mean's standard error is √(5/48) = 0.322749 and the interval 0.25 ± 0.632576.
    [Fact]
    public void An_average_over_seeds_takes_each_image_as_one_observation()
    {
        var (low, high) = SeedAverage.Interval([new([true, true, true, false], [false, false, true, true]), new([true, false, true, false], [false, false, true, false])]);
        Assert.Equal(0.25 - 0.632576, low, 5);
        Assert.Equal(0.25 + 0.632576, high, 5);
    }

    // By layer 4 the distance doubles in one and grows by half in the other: 0.4/0.2 against 0.3/0.2.
    [Fact]
    public void A_model_that_is_declared_otherwise_by_now_has_no_column_and_supports_no_claim()
    {
        var json = Encoding.UTF8.GetBytes($$"""{ "points": [{{string.Join(',', new[] { ("one", 3, 0.2), ("one", 4, 0.4), ("other", 3, 0.2), ("other", 4, 0.3) }.Select(point => FormattableString.Invariant($$$"""
            { "model": "{{{point.Item1}}}", "layer": {{{point.Item2}}}, "epsilon": 8, "mean": {{{point.Item3}}}, "deviation": 0, "samples": 9 }
            """)))}}] }""");
        var claim = new Comparison("It grows more", "one", "other");
        var all = new DistanceTable(json, _ => true);
        Assert.Contains("| convolution | `one` | `other` |", all.ByLayer(), StringComparison.Ordinal);
        Assert.Contains("| 4 | 0.400 ± 0.000 | 0.300 ± 0.000 |", all.ByLayer(), StringComparison.Ordinal);
        Assert.Equal("- It grows more. **So it is**: by layer 4: × 2.00 against 1.50.", all.Growth(claim));
        var some = new DistanceTable(json, model => model == "one");
        Assert.Contains("| 4 | 0.400 ± 0.000 |", some.ByLayer(), StringComparison.Ordinal);
        Assert.DoesNotContain("other", some.ByLayer(), StringComparison.Ordinal);
        Assert.Equal("- It grows more. **Not measured yet.**", some.Growth(claim));
    }

    private static Pair Paired(int both, int moreOnly, int thanOnly, int neither)
    {
        IEnumerable<bool> Images(bool inBoth, bool ifMore, bool ifThan) =>
            [.. Enumerable.Repeat(inBoth, both), .. Enumerable.Repeat(ifMore, moreOnly), .. Enumerable.Repeat(ifThan, thanOnly), .. Enumerable.Repeat(false, neither)];
        return new([.. Images(true, true, false)], [.. Images(true, false, true)]);
    }
}
