using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Tests;

public class GateTests
{
    private static Bench Measured(int correct, params GateDeclaration[] gates)
    {
        var bench = new Bench();
        bench.Executor.Correct = (_, _) => correct;
        bench.ChangeEvaluation(e => e with { Gates = gates });
        return bench;
    }

    // 40 of 100 has the 95 % interval 30.94 to 49.80 %.
    [Theory]
    [InlineData(0.30, false, GateVerdict.Passed)]
    [InlineData(0.45, false, GateVerdict.Passed)]
    [InlineData(0.49, false, GateVerdict.Passed)]
    [InlineData(0.50, false, GateVerdict.Failed)]
    [InlineData(0.30, true, GateVerdict.Passed)]
    [InlineData(0.32, true, GateVerdict.Failed)]
    public async Task A_gate_fails_by_the_upper_end_and_a_certain_one_by_the_lower(double atLeast, bool certain, GateVerdict expected)
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", Attack = "pgd", Epsilon = 8, AtLeast = atLeast, Certain = certain });
        var result = await bench.BuildAsync();
        Assert.Equal(expected, Assert.Single(result.Gates).Verdict);
        Assert.Equal(expected == GateVerdict.Passed ? 0 : 3, result.ExitCode);
    }

    [Fact]
    public async Task A_failed_gate_says_accuracy_interval_and_threshold_at_its_place()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", Attack = "pgd", Epsilon = 8, AtLeast = 0.6, Place = new("dq.json", 12, 9) });
        var diagnostic = Assert.Single((await bench.BuildAsync()).Diagnostics);
        Assert.Equal(
            "dq.json(12,9): error DQ4001: dq under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and its upper end is below the 60.0 % demanded; "
            + "make the model more robust, or lower \"atLeast\"",
            diagnostic.ToString());
    }

    [Fact]
    public async Task A_changed_threshold_runs_nothing_and_fails_an_otherwise_up_to_date_build()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", AtLeast = 0.1 });
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        var before = bench.LockBytes();
        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = "dq", AtLeast = 0.9 }] });
        var result = await bench.BuildAsync();
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(12, result.Count(Outcome.UpToDate));
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task A_gate_on_a_matrix_is_held_against_each_member()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "grid", AtLeast = 0.6 });
        bench.Change(p => p with
        {
            Train = Bench.Named(Bench.Model("grid@bits=2") with { Group = "grid", Epochs = 2 }, Bench.Model("grid@bits=4") with { Group = "grid", Epochs = 4 }),
            Evaluate = Bench.Named(p.Evaluate["robustness"] with { Models = ["grid"] }),
        });
        var result = await bench.BuildAsync();
        Assert.Equal(["grid@bits=2", "grid@bits=4"], result.Gates.Select(g => g.Model));
        Assert.Equal(2, result.Diagnostics.Count(d => d.Code == "DQ4001"));
    }

    [Fact]
    public async Task A_gate_whose_measurement_failed_adds_no_error_of_its_own()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", AtLeast = 0.1 }, new GateDeclaration { Model = "full", AtLeast = 0.9 });
        bench.Executor.Before = (job, _) => job.Name == "evaluate/robustness/dq" ? throw new DqException("DQ6003", "died") : Task.CompletedTask;
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal([GateVerdict.Undecided, GateVerdict.Failed], result.Gates.Select(g => g.Verdict));
        Assert.Equal(["DQ6003", "DQ4001"], result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.Code));
    }

    [Fact]
    public async Task A_gate_that_nothing_measures_is_undecided()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", Attack = "bim", Epsilon = 8, AtLeast = 0.1 });
        var result = await bench.BuildAsync();
        Assert.Equal((3, "DQ4002"), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
    }

    [Fact]
    public async Task A_build_of_something_else_holds_no_gate()
    {
        using var bench = Measured(40, new GateDeclaration { Model = "dq", AtLeast = 0.9 });
        Assert.Equal(0, (await bench.BuildOfAsync("dq")).ExitCode);
        Assert.Equal(0, (await bench.BuildOfAsync("robustness/full")).ExitCode);
        Assert.Equal(3, (await bench.BuildOfAsync("robustness/dq/clean")).ExitCode);
    }

    // Newcombe (Statistics in Medicine 17, 1998), table I, method 3: Wilson's interval without continuity correction.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void The_interval_is_that_of_the_literature(int correct, int samples, double low, double high)
    {
        var interval = WilsonInterval.Of(correct, samples);
        Assert.Equal(low.ToString("F4", CultureInfo.InvariantCulture), interval.Low.ToString("F4", CultureInfo.InvariantCulture));
        Assert.Equal(high.ToString("F4", CultureInfo.InvariantCulture), interval.High.ToString("F4", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void The_interval_solves_its_defining_equation_and_mirrors()
    {
        foreach (var (correct, samples) in new[] { (3, 10), (999, 1000), (1, 7), (50, 100) })
        {
            var interval = WilsonInterval.Of(correct, samples);
            foreach (var p in new[] { interval.Low, interval.High })
            {
                // The ends are where the observed share lies 1.96 standard errors away.
                var z = Math.Abs((double)correct / samples - p) / Math.Sqrt(p * (1 - p) / samples);
                Assert.Equal(1.959963984540054, z, 9);
            }

            Assert.Equal(1 - interval.High, WilsonInterval.Of(samples - correct, samples).Low, 12);
        }

        Assert.Equal((0.0, 1.0), (WilsonInterval.Of(0, 5).Low, WilsonInterval.Of(5, 5).High));
        Assert.Throws<ArgumentOutOfRangeException>(() => WilsonInterval.Of(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WilsonInterval.Of(6, 5));
    }
}
