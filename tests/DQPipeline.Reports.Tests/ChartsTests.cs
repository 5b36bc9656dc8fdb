using DQPipeline.Declarations;
using DQPipeline.Reports.Drawing;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Reports.Tests;

/// <summary>Which charts measurements make, and of what.</summary>
public class ChartsTests
{
    [Fact]
    public void Accuracy_against_strength_begins_at_clean_images_and_needs_two_strengths()
    {
        MetricRecord[] metrics = [Metric("full", "clean", 0, 90), Metric("full", "pgd", 8, 10), Metric("full", "pgd", 2, 60), Metric("full", "fgsm", 8, 30), Metric("dq", "clean", 0, 88), Metric("dq", "pgd", 2, 70), Metric("dq", "pgd", 8, 25)];
        var chart = Assert.Single(Charts.ByStrength(metrics));
        Assert.Contains("pgd", chart.Title, StringComparison.Ordinal);
        Assert.Equal(["full", "dq"], chart.Series.Select(series => series.Name));
        Assert.Equal([(0, 90), (2, 60), (8, 10)], chart.Series[0].Points.Select(point => ((int)point.X, (int)Math.Round(point.Y))));
        Assert.Equal((5, 15), ((int)Math.Round(chart.Series[0].Points[2].Low), (int)Math.Round(chart.Series[0].Points[2].High)));
    }

    [Fact]
    public void Models_that_differ_in_bits_alone_are_one_line_in_the_order_of_bits()
    {
        var full = new TrainDeclaration { Dataset = "d" };
        var trained = new Dictionary<string, TrainDeclaration>
        {
            ["full"] = full,
            ["grid@bits=4"] = full with { Activation = new() { Bits = 4 }, WeightBits = 8 },
            ["grid@bits=1"] = full with { Activation = new() { Bits = 1 }, WeightBits = 8 },
            ["other"] = full with { Network = "vgg-16" },
        };
        MetricRecord[] metrics = [Metric("full", "fgsm", 8, 40), Metric("grid@bits=4", "fgsm", 8, 30), Metric("grid@bits=1", "fgsm", 8, 20), Metric("other", "fgsm", 8, 99)];
        var chart = Assert.Single(Charts.ByOption(metrics, trained, StudiedOption.Bits));
        Assert.Equal(["1", "4", "full"], chart.Categories);
        var line = Assert.Single(chart.Series);
        Assert.Equal([(0, 20), (1, 30), (2, 40)], line.Points.Select(point => ((int)point.X, (int)Math.Round(point.Y))));
    }

    /// <summary>What follows the bits unless it is written may differ with them; what is written differs for itself, and makes another line.</summary>
    [Fact]
    public void Weights_that_are_rounded_on_purpose_make_lines_of_their_own()
    {
        var full = new TrainDeclaration { Dataset = "d" };
        var bits = full with { Activation = new() { Bits = 4 } };
        var trained = new Dictionary<string, TrainDeclaration> { ["full"] = full, ["dq"] = bits with { WeightBits = 8 }, ["unrounded"] = bits };
        MetricRecord[] metrics = [Metric("full", "fgsm", 8, 40), Metric("dq", "fgsm", 8, 30), Metric("unrounded", "fgsm", 8, 70), Metric("rounded", "fgsm", 8, 20)];
        Assert.Equal(["full, dq, ε = 8: 4 30, full 40", "full, unrounded, ε = 8: 4 70, full 40"], Lines(metrics, trained, StudiedOption.Bits));
        trained["rounded"] = full with { WeightBits = 8 };
        Assert.Contains("dq, rounded, ε = 8: 4 30, full 20", Lines(metrics, trained, StudiedOption.Bits));
        Assert.Equal(3, Lines(metrics, trained, StudiedOption.Bits).Count);
    }

    [Fact]
    public void Weight_decay_and_sums_that_do_not_follow_the_penalty_make_lines_of_their_own()
    {
        var full = new TrainDeclaration { Dataset = "d", Network = "wrn-10-2", Optimizer = new() { WeightDecay = 5e-4 } };
        var penalty = full with { Lipschitz = new() { Beta = 1e-3 } };
        var convex = penalty with { Residual = "convex" };
        var none = new OptimizerDeclaration { WeightDecay = 0 };
        var trained = new Dictionary<string, TrainDeclaration>
        {
            ["full"] = full,
            ["bare"] = full with { Optimizer = none },
            ["dq"] = convex with { Optimizer = none },
            ["decayed"] = convex,
            ["summed"] = penalty with { Optimizer = none },
        };
        MetricRecord[] metrics = [.. trained.Keys.Select((model, n) => Metric(model, "fgsm", 8, 10 * (n + 1)))];
        string[] lines =
        [
            "full, dq, ε = 8: 0 10, 0.001 30", // all follows β
            "bare, dq, ε = 8: 0 20, 0.001 30", // no decay in either, and sums that follow β
            "full, decayed, ε = 8: 0 10, 0.001 40", // the same decay
            "full, summed, ε = 8: 0 10, 0.001 50", // the same sums
            "bare, summed, ε = 8: 0 20, 0.001 50", // the same of both
        ];
        Assert.Equal(lines.Order(StringComparer.Ordinal), Lines(metrics, trained, StudiedOption.Beta).Order(StringComparer.Ordinal));

        // A constraint makes sums convex whatever β is; networks without sums have none to make so.
        var constrained = full with { Lipschitz = new() { Constraint = "spectral" }, Residual = "convex" };
        var simple = full with { Network = "vgg-s" };
        var others = new Dictionary<string, TrainDeclaration>
        {
            ["full"] = constrained,
            ["dq"] = constrained with { Lipschitz = constrained.Lipschitz with { Beta = 1e-3 }, Optimizer = none },
            ["bare"] = simple,
            ["summed"] = simple with { Lipschitz = new() { Beta = 1e-3 }, Optimizer = none },
        };
        Assert.Equal(["full, dq, ε = 8: 0 10, 0.001 30", "bare, summed, ε = 8: 0 20, 0.001 50"], Lines(metrics, others, StudiedOption.Beta));
    }

    [Fact]
    public void Models_that_differ_in_more_make_no_line()
    {
        var trained = new Dictionary<string, TrainDeclaration> { ["a"] = new() { Activation = new() { Bits = 4 } }, ["b"] = new() { Activation = new() { Bits = 2 }, Epochs = 3 } };
        Assert.Empty(Charts.ByOption([Metric("a", "fgsm", 8, 40), Metric("b", "fgsm", 8, 30)], trained, StudiedOption.Bits));
    }

    [Fact]
    public void White_and_black_box_stand_beside_each_other_where_both_were_made()
    {
        MetricRecord[] metrics = [Metric("full", "fgsm", 8, 40), Metric("full", "fgsm", 8, 55) with { BlackBox = true, From = "other" }, Metric("dq", "fgsm", 8, 50), Metric("full", "pgd", 8, 3)];
        var chart = Assert.Single(Charts.ByBox(metrics));
        Assert.Equal(["full", "dq"], chart.Categories);
        Assert.Equal([2, 1], chart.Series.Select(series => series.Points.Count));
        Assert.Equal(55, chart.Series[1].Points[0].Y, 6);
    }

    private static List<string> Lines(IReadOnlyList<MetricRecord> metrics, Dictionary<string, TrainDeclaration> trained, StudiedOption option)
    {
        var chart = Assert.Single(Charts.ByOption(metrics, trained, option));
        return [.. chart.Series.Select(line => $"{line.Name}: {string.Join(", ", line.Points.Select(point => $"{chart.Categories[(int)point.X]} {Math.Round(point.Y)}"))}")];
    }

    private static MetricRecord Metric(string model, string attack, double epsilon, int correct) =>
        new("robustness", model, attack, epsilon, BlackBox: false, Samples: 100, correct, correct / 100.0, (correct - 5) / 100.0, (correct + 5) / 100.0, Current: true);
}
