using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>A declared detector: in keys, in workers' jobs, in dq.lock and in the report, and in none of them where there is none.</summary>
public class DetectorTests
{
    private static readonly SqueezeDeclaration Paper = new() { Bits = 5, Median = 2 };

    [Fact]
    public async Task Declaring_a_detector_measures_anew_and_taking_it_away_brings_the_old_results_back()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var before = bench.Metrics();
        Assert.All(before, metric => Assert.Null(metric.Detected ?? metric.Attacked ?? metric.Successful));
        Assert.DoesNotContain("detector", System.Text.Encoding.UTF8.GetString(bench.LockBytes()), StringComparison.Ordinal);
        Assert.All(bench.Executor.Jobs.OfType<EvaluateJob>(), job => Assert.Null(job.Detector));

        bench.ChangeEvaluation(e => e with { Detector = Paper });
        Assert.Equal(["detector.bits: not set → 5", "detector.median: not set → 2"], bench.Status()["evaluate/robustness/dq/pgd@8"].Reasons);
        Assert.All(bench.Metrics(), metric => Assert.False(metric.Current));
        await bench.BuildAsync();
        Assert.Equal(10, bench.Executor.Measured.Count());
        Assert.Empty(bench.Executor.Trained);
        Assert.All(bench.Executor.Jobs.OfType<EvaluateJob>(), job => Assert.Equal(Paper, Declaration.FromJson<SqueezeDeclaration>(job.Detector!)));
        Bench.AllUpToDate(await bench.BuildAsync());

        bench.ChangeEvaluation(e => e with { Detector = new() });
        var back = await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(10, back.Count(Outcome.FromCache));
        Assert.Equal(before, bench.Metrics());
    }

    [Fact]
    public async Task The_report_has_counts_rates_and_their_intervals()
    {
        using var bench = new Bench();
        bench.ChangeEvaluation(e => e with { Detector = Paper });
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Epsilon == 2 ? 80 : 90;
        bench.Executor.Detection = (_, cell, correct) => cell.Attack is null ? new(100, 3, 0, 0) : new(90, 12, 90 - correct, (90 - correct) * 7 / 10);
        await bench.BuildAsync();
        var metrics = bench.Metrics().Where(metric => metric.Model == "dq").ToList();

        var clean = metrics.Single(metric => metric.Attack == "clean");
        Assert.Equal((3, 0.03), (clean.Detected, clean.FalseAlarmRate));
        Assert.Equal((WilsonInterval.Of(3, 100).Low, WilsonInterval.Of(3, 100).High), (clean.DetectionLow, clean.DetectionHigh));
        Assert.Null(clean.DetectionRate ?? clean.Successful ?? clean.Attacked ?? clean.AttackedDetected);

        var attacked = metrics.Single(metric => metric is { Attack: "pgd", Epsilon: 2 });
        Assert.Equal((10, 7, 90, 12, 0.7), (attacked.Successful, attacked.Detected, attacked.Attacked, attacked.AttackedDetected, attacked.DetectionRate));
        Assert.Equal((WilsonInterval.Of(7, 10).Low, WilsonInterval.Of(7, 10).High), (attacked.DetectionLow, attacked.DetectionHigh));
        Assert.Null(attacked.FalseAlarmRate);

        // Nothing succeeded, so there is no rate.
        var withstood = metrics.Single(metric => metric is { Attack: "pgd", Epsilon: 8 });
        Assert.Equal((0, 0, 90, 12), (withstood.Successful, withstood.Detected, withstood.Attacked, withstood.AttackedDetected));
        Assert.Null(withstood.DetectionRate ?? withstood.DetectionLow ?? withstood.DetectionHigh);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("more detected than flagged")]
    [InlineData("more successful than attacked")]
    public async Task A_judgement_that_cannot_be_is_no_measurement(string wrong)
    {
        using var bench = new Bench();
        bench.ChangeEvaluation(e => e with { Detector = Paper });
        bench.Executor.Correct = (_, _) => 50;
        bench.Executor.Detection = (_, cell, _) => (wrong, cell.Attack) switch
        {
            ("none", _) => null,
            (_, null) => new(100, 0, 0, 0),
            ("more detected than flagged", _) => new(90, 3, 40, 4),
            _ => new(90, 50, 91, 40),
        };
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Code == DiagnosticCodes.WorkerDied);
    }

    [Fact]
    public async Task Evaluations_with_other_detectors_share_no_worker_and_no_result()
    {
        using var bench = new Bench();
        bench.Change(p => p with
        {
            Evaluate = Bench.Named(Bench.Evaluation("bare", "dq"), Bench.Evaluation("guarded", "dq") with { Detector = Paper }, Bench.Evaluation("coarse", "dq") with { Detector = new() { Bits = 1 } }),
        });
        await bench.BuildAsync();
        Assert.Equal(3, bench.Executor.Jobs.OfType<EvaluateJob>().Count());
        Assert.Equal(15, bench.Executor.Measured.Count());
    }
}
