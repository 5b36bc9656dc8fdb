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

    /// <summary>The search's own records, to whose declaration a model is added that nobody has trained.</summary>
    [Fact]
    public void A_model_of_which_nothing_is_measured_is_named()
    {
        var search = Path.Combine(DqTool.Repository, "examples", "paper", "search");
        using var folder = new Folder(File.ReadAllText(Path.Combine(search, "dq.json")));
        File.Copy(Path.Combine(search, "dq.lock"), folder.At("dq.lock"));
        folder.Edit("\"train\": {", "\"train\": { \"vanilla-7\": { \"extends\": \"vanilla\", \"epochs\": 7 },");
        folder.Edit("\"models\": [\"vanilla\", ", "\"models\": [\"vanilla\", \"vanilla-7\", ");
        Assert.Equal(["vanilla-7"], new Recorded(folder.Path, new HashSet<string>()).Unmeasured("choice"));
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

    [Fact]
    public void Of_attacked_images_the_page_has_what_models_say_to_them()
    {
        const string Answers = """
            { "declaration": {}, "labels": ["cat", "dog"], "samples": [
              { "index": 7, "label": "dog", "predictions": [
                { "model": "one", "clean": { "label": "dog", "probability": 0.981, "probabilities": [0.019, 0.981] }, "adversarial": { "label": "cat", "probability": 0.5049, "probabilities": [0.5049, 0.4951] } },
                { "model": "other", "clean": { "label": "cat", "probability": 1, "probabilities": [1, 0] }, "adversarial": { "label": "dog", "probability": 0.6, "probabilities": [0.4, 0.6] } } ] } ] }
            """;
        Assert.Equal(
            """
            | test image | of | `one` | `other` |
            | ---: | --- | --- | --- |
            | 7 | dog | **dog** 98 % → cat 50 % | cat 100 % → **dog** 60 % |
            """,
            SamplesTable.Of(Encoding.UTF8.GetBytes(Answers)), ignoreLineEndingDifferences: true);
    }

    // By layer 4 the distance doubles in one and grows by half in the other: 0.4/0.2 against 0.3/0.2.
    [Fact]
    public void A_model_that_is_declared_otherwise_by_now_has_no_column_and_supports_no_claim()
    {
        var json = Encoding.UTF8.GetBytes($$"""{ "points": [{{string.Join(',', new[] { ("one", 3, 0.2), ("one", 4, 0.4), ("other", 3, 0.2), ("other", 4, 0.3) }.Select(point => FormattableString.Invariant($$$"""
            { "model": "{{{point.Item1}}}", "layer": {{{point.Item2}}}, "epsilon": 8, "mean": {{{point.Item3}}}, "deviation": 0, "samples": 9 }
            """)))}}] }""");
        var claim = new Comparison("It grows more", "one/fgsm@8", "other/fgsm@8");
        var all = new DistanceTable(json, "fgsm", _ => true);
        Assert.Contains("| convolution | `one`, ε = 8 | `other`, ε = 8 |", all.ByLayer(), StringComparison.Ordinal);
        Assert.Contains("| 4 | 0.400 ± 0.000 | 0.300 ± 0.000 |", all.ByLayer(), StringComparison.Ordinal);
        Assert.Equal("- It grows more. **Shown**: by layer 4: × 2.00 against 1.50 (quotient 1.33 to 1.33).", all.Growth(claim));
        var some = new DistanceTable(json, "fgsm", model => model == "one");
        Assert.Contains("| 4 | 0.400 ± 0.000 |", some.ByLayer(), StringComparison.Ordinal);
        Assert.DoesNotContain("other", some.ByLayer(), StringComparison.Ordinal);
        Assert.Equal("- It grows more. **Not measured yet.**", some.Growth(claim));
    }

    // With a standard deviation of 0.06 over 9 images the logarithms of the means 0.2, 0.4, 0.2 and 0.3 have the variances 0.01, 0.0025, 0.01 and 0.00444; the quotient's has their sum, 0.026944, and its interval is
    // exp(ln(4/3) ± 1.959964 · 0.164148) = 0.967 to 1.839. With a third of that deviation it is exp(0.287682 ± 0.107241) = 1.198 to 1.484.
    [Theory]
    [InlineData(0.06, "**Not settled**: by layer 4: × 2.00 against 1.50 (quotient 0.97 to 1.84)")]
    [InlineData(0.02, "**Shown**: by layer 4: × 2.00 against 1.50 (quotient 1.20 to 1.48)")]
    public void A_distance_grows_more_only_where_chance_does_not_explain_it(double deviation, string expected)
    {
        var points = new[] { ("one", 3, 0.2), ("one", 4, 0.4), ("other", 3, 0.2), ("other", 4, 0.3) }.Select(point => FormattableString.Invariant($$$"""
            { "model": "{{{point.Item1}}}", "layer": {{{point.Item2}}}, "epsilon": 8, "mean": {{{point.Item3}}}, "deviation": {{{deviation}}}, "samples": 9 }
            """));
        var table = new DistanceTable(Encoding.UTF8.GetBytes($$"""{ "points": [{{string.Join(',', points)}}] }"""), "fgsm", _ => true);
        Assert.Equal($"- It grows more. {expected}.", table.Growth(new("It grows more", "one/fgsm@8", "other/fgsm@8")));
        Assert.Contains(deviation > 0.05 ? "**Not settled**" : "**Refuted**", table.Growth(new("It grows more", "other/fgsm@8", "one/fgsm@8")), StringComparison.Ordinal);
    }

    // 0.4/0.2 at ε = 8; 0.45/0.3 at ε = 19.
    [Fact]
    public void Distances_at_several_strengths_have_a_column_each_and_are_compared_by_their_strength()
    {
        var points = new[] { (3, 8, 0.2), (4, 8, 0.4), (3, 19, 0.3), (4, 19, 0.45) }.Select(point => FormattableString.Invariant($$$"""
            { "model": "m@bits=4", "layer": {{{point.Item1}}}, "epsilon": {{{point.Item2}}}, "mean": {{{point.Item3}}}, "deviation": 0, "samples": 9 }
            """));
        var table = new DistanceTable(Encoding.UTF8.GetBytes($$"""{ "points": [{{string.Join(',', points)}}] }"""), "fgsm", _ => true);
        Assert.Contains("| convolution | `m@bits=4`, ε = 8 | `m@bits=4`, ε = 19 |", table.ByLayer(), StringComparison.Ordinal);
        Assert.Contains("| 4 | 0.400 ± 0.000 | 0.450 ± 0.000 |", table.ByLayer(), StringComparison.Ordinal);
        Assert.Equal("- It grows more. **Shown**: by layer 4: × 2.00 against 1.50 (quotient 1.33 to 1.33).", table.Growth(new("It grows more", "m@bits=4/fgsm@8", "m@bits=4/fgsm@19")));
    }

    /// <summary>What was measured of a model is of that one, and not of what has its name after another training.</summary>
    [Fact]
    public async Task What_was_measured_of_a_former_model_is_left_out_until_it_is_measured_anew()
    {
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "street": { "kind": "street-digits", "train": 40, "test": 20 } },
              "train": { "m": { "dataset": "street", "epochs": 1, "network": { "layers": ["conv 4", "linear"] } } },
              "evaluate": { "e": { "models": ["m"], "attacks": ["fgsm"], "epsilon": [2], "samples": 20 } },
              "distance": { "d": { "models": ["m"], "epsilon": [2], "at": "convolutions", "samples": 8 } } }
            """);
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        var former = Sha256(folder);
        Assert.Equal((2, true), Shown());
        folder.Edit("\"epochs\": 1", "\"epochs\": 2");
        (await DqTool.RunAsync(folder.Path, "build", "m")).Expect(0);
        Assert.NotEqual(former, Sha256(folder));
        Assert.Equal((0, false), Shown());
        // Unless it is said that the former may stand for it.
        Assert.Equal((2, true), Shown(former));
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Equal((2, true), Shown());

        (int, bool) Shown(params string[] formers)
        {
            var recorded = new Recorded(folder.Path, formers.ToHashSet());
            return (recorded.Metrics.Count, recorded.Shows(recorded.Graph.Targets.Single(target => target.Id == "distance/d"), "m"));
        }

        static string Sha256(Folder folder) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder.At(".dq/out/m/model.safetensors"))));
    }

    private static Pair Paired(int both, int moreOnly, int thanOnly, int neither)
    {
        IEnumerable<bool> Images(bool inBoth, bool ifMore, bool ifThan) =>
            [.. Enumerable.Repeat(inBoth, both), .. Enumerable.Repeat(ifMore, moreOnly), .. Enumerable.Repeat(ifThan, thanOnly), .. Enumerable.Repeat(false, neither)];
        return new([.. Images(true, true, false)], [.. Images(true, false, true)]);
    }
}
