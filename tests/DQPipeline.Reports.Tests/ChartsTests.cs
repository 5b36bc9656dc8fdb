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

    private static MetricRecord Metric(string model, string attack, double epsilon, int correct) =>
        new("robustness", model, attack, epsilon, BlackBox: false, Samples: 100, correct, correct / 100.0, (correct - 5) / 100.0, (correct + 5) / 100.0, Current: true);
}
