using DQPipeline.Results;
using DQPipeline.Targets.Gates;

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
        Assert.All(page.Charts, chart => Assert.Equal(chart.Value, File.ReadAllText(Path.Combine(folder, chart.Key))));
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
        Assert.Contains(expected, Verdict.Of("More is more", by, [(0.3, 0.2, new PairedComparison(Both: 150, FirstOnly: 150, SecondOnly: 50, Neither: 650))]), StringComparison.Ordinal);

    [Fact]
    public void Of_several_seeds_each_has_to_show_it()
    {
        var clear = (0.3, 0.2, new PairedComparison(150, 150, 50, 650));
        var faint = (0.3, 0.29, new PairedComparison(200, 100, 90, 610));
        Assert.Contains("**Shown**", Verdict.Of("So it is", 0, [clear, clear]), StringComparison.Ordinal);
        var mixed = Verdict.Of("So it is", 0, [clear, faint]);
        Assert.Contains("**Not settled, but it points there**: 30.0 %, 30.0 % against 20.0 %, 29.0 % in 2 seeds, +5.5 points on average; in the least of them +1.0 points", mixed, StringComparison.Ordinal);
    }
}
