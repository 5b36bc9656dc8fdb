using System.Diagnostics;
using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

/// <summary>What became of measurements since a git revision.</summary>
public sealed class RevisionTests
{
    /// <summary>Newcombe's own example (1998, table II, method 10): 56 of 70 against 48 of 80 is 0.2, 0.0524 to 0.3339.</summary>
    [Fact]
    public void The_interval_of_two_samples_is_the_published_one()
    {
        var (low, high) = DifferenceInterval.Of(56, 70, 48, 80);
        Assert.Equal((0.0524, 0.3339), (Math.Round(low, 4), Math.Round(high, 4)));
        var (back, forth) = DifferenceInterval.Of(48, 80, 56, 70);
        Assert.Equal((-0.3339, -0.0524), (Math.Round(back, 4), Math.Round(forth, 4)));
    }

    [Theory]
    [InlineData(100, 100, MetricChange.None)]
    [InlineData(50, 90, MetricChange.Better)]
    [InlineData(90, 50, MetricChange.Worse)]
    [InlineData(50, 51, MetricChange.Unclear)]
    public async Task A_measurement_is_compared_image_by_image_with_the_one_of_the_last_commit(int before, int after, MetricChange expected)
    {
        using var bench = new Bench();
        bench.Executor.Correct = (_, cell) => cell.Id == "evaluate/robustness/dq/fgsm@2" ? before : null;
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Git(bench.Folder, "init", "-q");
        File.WriteAllText(Path.Combine(bench.Folder, "dq.json"), "{ broken");
        Git(bench.Folder, "add", "dq.json", "dq.lock");
        Git(bench.Folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first");

        // Another method makes all of it anew, on the same images.
        bench.Method = bench.Method with { Evaluate = "evaluate/2" };
        bench.Executor.Correct = (_, cell) => cell.Id == "evaluate/robustness/dq/fgsm@2" ? after : null;
        var result = await bench.BuildAsync();
        var since = RevisionReport.Create(bench.Workspace, bench.Graph(), result.Metrics, "HEAD");
        var difference = since.Differences.Single(one => one.Metric is { Model: "dq", Attack: "fgsm", Epsilon: 2 });
        Assert.Equal((expected, true, (after - before) / 100.0), (difference.Change, difference.IsPaired, Math.Round(difference.Difference!.Value, 12)));
        Assert.Equal(40, since.Commit.Length);
        Assert.All(since.Differences.Where(one => one.Metric is { Model: "full" }), one => Assert.Equal(MetricChange.None, one.Change));
    }

    [Fact]
    public async Task Without_a_repository_a_revision_or_a_lock_file_in_it_there_is_a_coded_error()
    {
        using var bench = new Bench();
        var result = await bench.BuildAsync();
        string Of(string revision) => Assert.Throws<DqException>(() => RevisionReport.Create(bench.Workspace, bench.Graph(), result.Metrics, revision)).Diagnostics[0].ToString();
        Assert.Contains("DQ6009", Of("HEAD"), StringComparison.Ordinal);
        Git(bench.Folder, "init", "-q");
        File.WriteAllText(Path.Combine(bench.Folder, "other"), "");
        Git(bench.Folder, "add", "other");
        Git(bench.Folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first");
        Assert.Contains("there is no revision 'nowhere'", Of("nowhere"), StringComparison.Ordinal);
        Assert.Contains("there is no revision '--output=x'", Of("--output=x"), StringComparison.Ordinal);
        Assert.Contains("HEAD has no", Of("HEAD"), StringComparison.Ordinal);
    }

    private static void Git(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder })!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
