using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

/// <summary>The worst case of each image over all attacks at one strength: as a measurement, and under gates.</summary>
public class WorstCaseTests
{
    private static AttackDeclaration[] Attacks(params string[] norms) =>
        [.. norms.SelectMany(norm => (string[])["fgsm", "pgd"], (norm, kind) => new AttackDeclaration { Kind = kind, Name = norm == "l2" ? $"{kind}-l2" : kind, Norm = norm })];

    /// <summary>Of 100 images fgsm leaves the first 60 and pgd those from 20 to 80, so that 40 withstand both; in L2 70 and 90, of which the fewer withstand both.</summary>
    private static bool[]? Right(string cell) => cell[(cell.LastIndexOf('/') + 1)..] switch
    {
        "fgsm@8" => Images(image => image < 60),
        "pgd@8" => Images(image => image is >= 20 and < 80),
        "fgsm-l2@8" => Images(image => image < 70),
        "pgd-l2@8" => Images(image => image < 90),
        _ => null,
    };

    private static bool[] Images(Func<int, bool> right) => [.. Enumerable.Range(0, 100).Select(right)];

    private static Bench Measured(params AttackDeclaration[] attacks)
    {
        var bench = new Bench();
        bench.Executor.Right = Right;
        bench.ChangeEvaluation(e => e with { Attacks = attacks.Length > 0 ? attacks : Attacks("linf"), Epsilon = [8] });
        return bench;
    }

    private static IEnumerable<(string Model, string Attack, int Correct)> Worst(IEnumerable<MetricRecord> metrics) =>
        metrics.Where(m => m.Attack.StartsWith("worst", StringComparison.Ordinal)).Select(m => (m.Model, m.Attack, m.Correct));

    [Fact]
    public async Task It_stands_behind_the_models_measurements_and_counts_the_images_that_withstand_every_attack()
    {
        using var bench = Measured();
        var metrics = (await bench.BuildAsync()).Metrics;
        Assert.Equal(["full clean", "full fgsm", "full pgd", "full worst", "dq clean", "dq fgsm", "dq pgd", "dq worst"], metrics.Select(m => $"{m.Model} {m.Attack}"));
        var (low, high) = WilsonInterval.Of(40, 100);
        Assert.Equal(new MetricRecord("robustness", "dq", "worst", 8, BlackBox: false, 100, 40, 0.4, low, high, Current: true), metrics[^1] with { Images = null });
        Assert.Equal(Images(image => image is >= 20 and < 60), metrics[^1].Images!.Right);
        Assert.Equal(metrics, bench.Metrics());
    }

    [Fact]
    public async Task Measurements_are_compared_image_by_image_where_they_are_of_the_same_images()
    {
        using var bench = Measured();
        var metrics = (await bench.BuildAsync()).Metrics;
        MetricRecord Of(IReadOnlyList<MetricRecord> all, string model, string attack) => all.Single(m => m.Model == model && m.Attack == attack);
        // fgsm leaves 0 to 59, pgd 20 to 79.
        Assert.Equal(new PairedComparison(Both: 40, FirstOnly: 20, SecondOnly: 20, Neither: 20), Of(metrics, "dq", "fgsm").ComparedWith(Of(metrics, "full", "pgd")));
        Assert.Equal(new PairedComparison(Both: 40, FirstOnly: 0, SecondOnly: 20, Neither: 40), Of(metrics, "dq", "worst").ComparedWith(Of(metrics, "full", "fgsm")));

        bench.ChangeEvaluation(e => e with { Seed = 8 });
        await bench.BuildOfAsync("robustness/dq/pgd");
        Assert.Null(Of(bench.Metrics(), "dq", "pgd").ComparedWith(Of(bench.Metrics(), "dq", "fgsm")));
    }

    [Fact]
    public async Task What_a_lock_file_has_recorded_is_read_without_a_look_at_the_data()
    {
        using var bench = Measured();
        var metrics = (await bench.BuildAsync()).Metrics;
        bench.ChangeModel("dq", model => model with { Epochs = 9 });
        var recorded = MetricsReport.Recorded(bench.Graph(), bench.Workspace.LockPath);
        Assert.Equal(metrics.Select(m => m with { Current = false }), recorded);
    }

    [Fact]
    public async Task Norms_have_worst_cases_of_their_own_and_one_attack_has_none()
    {
        using var bench = Measured(Attacks("linf", "l2"));
        Assert.Equal([("full", "worst", 40), ("full", "worst-l2", 70), ("dq", "worst", 40), ("dq", "worst-l2", 70)], Worst((await bench.BuildAsync()).Metrics));
        bench.ChangeEvaluation(e => e with { Attacks = [.. e.Attacks.Take(1), .. e.Attacks.Skip(2)] });
        Assert.Equal([("full", "worst-l2", 70), ("dq", "worst-l2", 70)], Worst(bench.Metrics()));
    }

    [Fact]
    public async Task Images_made_on_another_model_count_as_the_models_own()
    {
        using var bench = Measured();
        bench.ChangeEvaluation(e => e with { Attacks = [e.Attacks[0], e.Attacks[1] with { From = "full" }] });
        // The substitute has its white-box attack alone.
        Assert.Equal([("dq", "worst", 40)], Worst((await bench.BuildAsync()).Metrics));
    }

    [Fact]
    public async Task That_of_an_integer_model_is_over_what_is_made_on_the_trained_one()
    {
        using var bench = Measured();
        bench.UseIntegerModel();
        bench.ChangeEvaluation(e => e with { Models = ["int8"], Epsilon = [8] });
        Assert.Equal([("int8", "worst", 40)], Worst((await bench.BuildAsync()).Metrics));
    }

    [Fact]
    public async Task It_is_current_if_all_that_it_is_over_is_and_not_there_where_one_is_missing()
    {
        using var bench = Measured();
        await bench.BuildAsync();
        bench.ChangeModel("dq", model => model with { Epochs = 9 });
        Assert.Equal([true, false], bench.Metrics().Where(m => m.Attack == "worst").Select(m => m.Current));
        await bench.BuildOfAsync("robustness/dq/pgd");
        // Of the new model one attack is measured, and of the old one the other.
        Assert.Equal([true, false], bench.Metrics().Where(m => m.Attack == "worst").Select(m => m.Current));
        bench.ChangeEvaluation(e => e with { Attacks = [.. e.Attacks, new() { Kind = "bim", Name = "bim" }] });
        Assert.Empty(Worst(bench.Metrics()));
    }

    [Fact]
    public async Task Measurements_of_other_images_are_not_laid_over_each_other()
    {
        using var bench = Measured();
        await bench.BuildAsync();
        bench.ChangeEvaluation(e => e with { Seed = 8 });
        await bench.BuildOfAsync("robustness/dq/pgd");
        Assert.Equal([("full", "worst", 40)], Worst(bench.Metrics()));
        await bench.BuildAsync();
        Assert.Equal([("full", "worst", 40), ("dq", "worst", 40)], Worst(bench.Metrics()));
    }

    [Fact]
    public async Task A_build_of_some_of_it_has_no_say()
    {
        using var bench = Measured();
        Assert.Empty(Worst((await bench.BuildOfAsync("robustness/dq/pgd")).Metrics));
        Assert.Equal([("dq", "worst", 40)], Worst((await bench.BuildOfAsync("robustness/dq")).Metrics));
    }

    // 40 of 100 has the 95 % interval 30.94 to 49.80 %, 60 of 100 50.20 to 69.06 %.
    [Theory]
    [InlineData(2, 0.45, GateVerdict.Passed)]
    [InlineData(2, 0.50, GateVerdict.Failed)]
    [InlineData(1, 0.50, GateVerdict.Passed)]
    [InlineData(1, 0.70, GateVerdict.Failed)]
    public async Task A_gate_on_it_is_held_against_it_or_against_the_only_attack(int attacks, double atLeast, GateVerdict expected)
    {
        using var bench = Measured([.. Attacks("linf").Take(attacks)]);
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "worst", Epsilon = 8, AtLeast = atLeast });
        Assert.Equal((expected, attacks == 2 ? 0.4 : 0.6), (Assert.Single((await bench.BuildAsync()).Gates) is var gate ? (gate.Verdict, gate.Accuracy!.Value) : default));
    }

    [Fact]
    public async Task A_gate_on_it_says_so_and_runs_nothing()
    {
        using var bench = Measured();
        await bench.BuildAsync();
        var before = bench.LockBytes();
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "worst", Epsilon = 8, AtLeast = 0.6, Place = new("dq.json", 12, 9) });
        var result = await bench.BuildAsync();
        Assert.Equal(
            "dq.json(12,9): error DQ4001: dq in the worst case at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and its upper end is below the 60.0 % demanded; "
            + "make the model more robust, or lower \"atLeast\"",
            Assert.Single(result.Diagnostics).ToString());
        Assert.Equal((3, "dq/worst@8"), (result.ExitCode, result.Gates[0].Subject));
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task A_gate_on_what_has_no_attack_is_undecided()
    {
        using var bench = Measured();
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "worst-l2", Epsilon = 8, AtLeast = 0.1 });
        var result = await bench.BuildAsync();
        Assert.Equal((3, "DQ4002"), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
        Assert.Contains("dq in the worst case of L2 at ε = 8 has no measurement", result.Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_on_it_is_undecided_where_one_attack_failed_and_adds_no_error_of_its_own()
    {
        using var bench = Measured();
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "worst", Epsilon = 8, AtLeast = 0.1 });
        bench.Executor.BeforeCell = cell => _ = cell.Id == "evaluate/robustness/dq/pgd@8" ? throw new DqException("DQ6003", "died") : 0;
        var result = await bench.BuildAsync();
        Assert.Equal((1, GateVerdict.Undecided), (result.ExitCode, Assert.Single(result.Gates).Verdict));
        Assert.Equal(["DQ6003"], result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.Code));
    }

    [Fact]
    public async Task A_gate_on_it_is_held_only_where_all_of_it_is_built()
    {
        using var bench = Measured();
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "worst", Epsilon = 8, AtLeast = 0.9 });
        Assert.Equal(0, (await bench.BuildOfAsync("robustness/dq/pgd@8")).ExitCode);
        Assert.Equal(3, (await bench.BuildOfAsync("robustness/dq")).ExitCode);
    }

    [Fact]
    public async Task A_package_needs_every_attack_of_it_and_is_blocked_by_it()
    {
        using var bench = Measured();
        bench.UsePackage();
        bench.ChangeEvaluation(e => e with { Attacks = Attacks("linf"), Epsilon = [8], Gates = [new() { Model = "int8", Attack = "worst", Epsilon = 8, AtLeast = 0.45 }] });
        Assert.Equal(0, (await bench.BuildOfAsync("app")).ExitCode);
        Assert.Equal(["evaluate/robustness/int8/fgsm@8", "evaluate/robustness/int8/pgd@8"], bench.Executor.Transferred);
        Assert.True(File.Exists(bench.Workspace.OutputPath("app", "model.onnx")));
        bench.ChangeEvaluation(e => e with { Gates = [e.Gates[0] with { AtLeast = 0.5 }] });
        var blocked = await bench.BuildOfAsync("app");
        Assert.Equal((3, Outcome.Skipped, "int8 fails its gate in the worst case at ε = 8"), (blocked.ExitCode, blocked.Targets[^1].Outcome, blocked.Targets[^1].Why));
        Assert.False(File.Exists(bench.Workspace.OutputPath("app", "model.onnx")));
    }
}
