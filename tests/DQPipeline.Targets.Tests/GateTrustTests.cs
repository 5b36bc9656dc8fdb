using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Tests;

/// <summary>Gates that demand that a measurement can be believed.</summary>
public class GateTrustTests
{
    private static readonly GateDeclaration s_gate = new() { Model = "dq", Attack = "worst", Epsilon = 8, Trusted = true, Place = new("dq.json", 12, 9) };

    private static AttackDeclaration Attack(string kind) => kind == "pgd50" ? new() { Kind = "pgd", Name = "pgd50", Steps = 50, Alpha = 2 } : new() { Kind = kind, Name = kind };

    /// <summary>A bench whose attacks leave the first so many of 100 images, the stronger the fewer.</summary>
    private static Bench Attacked(params AttackDeclaration[] attacks)
    {
        var bench = new Bench();
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : Left(Declaration.FromJson<AttackDeclaration>(cell.Attack).Kind);
        bench.ChangeEvaluation(e => e with { Attacks = attacks, Epsilon = [8] });
        bench.UseGates(s_gate);
        return bench;
    }

    private static int Left(string kind) => kind switch { "fgsm" => 60, "square" => 50, _ => 40 };

    private static Bench Attacked(params string[] kinds) => Attacked([.. kinds.Select(Attack)]);

    private static async Task<(GateVerdict Verdict, int ExitCode, string Said)> HeldAsync(Bench bench)
    {
        var result = await bench.BuildAsync();
        return (Assert.Single(result.Gates).Verdict, result.ExitCode, string.Join("\n", result.Diagnostics.Where(d => d.Severity == Severity.Error)));
    }

    [Theory]
    [InlineData("fgsm", "pgd50", "apgd-ce", "square")]
    [InlineData("fgsm", "pgd50", "apgd-t", "square")]
    [InlineData("pgd50", "autoattack")]
    public async Task It_passes_where_gradients_were_followed_in_earnest_and_done_without(params string[] kinds)
    {
        using var bench = Attacked(kinds);
        Assert.Equal((GateVerdict.Passed, 0, ""), await HeldAsync(bench));
        Assert.Equal("trusted", bench.Pipeline.Evaluate["robustness"].Gates.Select(GateText.Demand).Single());
    }

    [Fact]
    public async Task Images_made_on_another_model_do_without_its_gradient_too()
    {
        using var bench = Attacked(Attack("pgd50"), Attack("apgd-ce"), Attack("fgsm") with { From = "full" });
        bench.Executor.Right = cell => cell.Contains("black-box", StringComparison.Ordinal) ? [.. Enumerable.Range(0, 100).Select(image => image < 70)] : null;
        Assert.Equal((GateVerdict.Passed, 0, ""), await HeldAsync(bench));
    }

    [Theory]
    [InlineData("{ \"kind\": \"pgd\", \"name\": \"pgd50\", \"steps\": 50, \"alpha\": 2 } to \"attacks\"", "fgsm", "pgd", "apgd-ce", "square")]
    [InlineData("\"autoattack\" to \"attacks\"", "fgsm", "pgd50", "square")]
    [InlineData("\"square\" to \"attacks\"", "fgsm", "pgd50", "apgd-ce")]
    [InlineData("{ \"kind\": \"pgd\", \"name\": \"pgd50\", \"steps\": 50, \"alpha\": 2 } and \"autoattack\" to \"attacks\"", "fgsm", "pgd")]
    public async Task It_is_undecided_where_an_attack_is_missing_and_says_which_to_add(string add, params string[] kinds)
    {
        using var bench = Attacked(kinds);
        var (verdict, exitCode, said) = await HeldAsync(bench);
        Assert.Equal((GateVerdict.Undecided, 3), (verdict, exitCode));
        Assert.Equal($"dq.json(12,9): error DQ4002: the gate on dq in the worst case at ε = 8 cannot be decided: what 'robustness' measures of dq at ε = 8 is too little to be trusted; add {add}", said);
    }

    [Theory]
    [InlineData(49, 2, "linf")]
    [InlineData(50, 2.1, "linf")]
    [InlineData(50, 2, "l2")]
    public async Task Fewer_steps_longer_ones_or_another_norm_do_not_count(int steps, double alpha, string norm)
    {
        using var bench = Attacked(new AttackDeclaration { Kind = "pgd", Name = "pgd50", Steps = steps, Alpha = alpha, Norm = norm }, Attack("autoattack"));
        Assert.Equal(GateVerdict.Undecided, (await HeldAsync(bench)).Verdict);
    }

    [Theory]
    [InlineData(19, 5000, GateVerdict.Undecided)]
    [InlineData(20, 99, GateVerdict.Undecided)]
    [InlineData(20, 100, GateVerdict.Passed)]
    public async Task Attacks_that_are_broken_off_do_not_count(int steps, int queries, GateVerdict expected)
    {
        using var bench = Attacked(Attack("pgd50"), Attack("apgd-ce") with { Steps = steps }, Attack("square") with { Queries = queries });
        Assert.Equal(expected, (await HeldAsync(bench)).Verdict);
    }

    [Fact]
    public async Task Attacks_at_another_strength_do_not_count()
    {
        using var bench = Attacked("pgd50", "autoattack");
        bench.ChangeEvaluation(e => e with { Epsilon = [2, 8] });
        bench.UseGates(s_gate with { Epsilon = 2 });
        // At ε = 2 its steps are as long as ε.
        Assert.Contains("at ε = 2 is too little to be trusted; add { \"kind\": \"pgd\", \"name\": \"pgd50\", \"steps\": 50, \"alpha\": 0.5 }", (await HeldAsync(bench)).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_norm_of_what_is_gated_is_what_must_be_attacked()
    {
        using var bench = Attacked("pgd50", "autoattack");
        bench.ChangeEvaluation(e => e with { Attacks = [.. e.Attacks, new() { Kind = "pgd", Name = "pgd-l2", Norm = "l2" }] });
        bench.UseGates(s_gate with { Attack = "worst-l2" });
        Assert.Contains("\"alpha\": 2, \"norm\": \"l2\" } and { \"kind\": \"autoattack\", \"norm\": \"l2\" } to", (await HeldAsync(bench)).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_fails_where_gradients_look_masked_and_names_the_signs()
    {
        using var bench = Attacked("fgsm", "pgd50", "apgd-ce", "square");
        // A single step leaves 20 of the 40 that many steps leave: p = 2·2⁻²⁰.
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Attack.Contains("\"fgsm\"", StringComparison.Ordinal) ? 20 : 40;
        bench.UseGates(s_gate, s_gate with { Trusted = false, AtLeast = 0.1 });
        var result = await bench.BuildAsync();
        Assert.Equal([GateVerdict.Failed, GateVerdict.Passed], result.Gates.Select(gate => gate.Verdict));
        Assert.Equal(
            "dq.json(12,9): error DQ4001: dq in the worst case at ε = 8 keeps an accuracy of 20.0 % (95 % interval 13.34 % to 28.88 %), and it cannot be trusted: "
            + "DQ4102, at ε = 8 a single step breaks 20 images that withstand many steps, and 0 the other way (McNemar's p = 1.9e-6); mend what masks its gradients",
            Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error).ToString());
        Assert.Contains(result.Diagnostics, d => d is { Code: "DQ4102", Severity: Severity.Warning });
    }

    [Fact]
    public async Task Signs_fail_it_even_where_an_attack_is_missing()
    {
        using var bench = Attacked("fgsm", "pgd50", "apgd-ce");
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Attack.Contains("\"fgsm\"", StringComparison.Ordinal) ? 20 : 40;
        Assert.Equal((GateVerdict.Failed, 3), (await HeldAsync(bench)) is var (verdict, exitCode, _) ? (verdict, exitCode) : default);
    }

    [Fact]
    public async Task A_low_accuracy_and_signs_are_told_together()
    {
        using var bench = Attacked("fgsm", "pgd50", "apgd-ce", "square");
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Attack.Contains("\"fgsm\"", StringComparison.Ordinal) ? 20 : 40;
        bench.UseGates(s_gate with { AtLeast = 0.5 });
        var said = (await HeldAsync(bench)).Said;
        Assert.Contains("its upper end is below the 50.0 % demanded; and it cannot be trusted: DQ4102", said, StringComparison.Ordinal);
        Assert.EndsWith("; make the model more robust, or lower \"atLeast\", or mend what masks its gradients", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_integer_model_is_trusted_as_the_trained_one_is()
    {
        using var bench = Attacked("pgd50", "autoattack");
        bench.UseIntegerModel();
        bench.ChangeEvaluation(e => e with { Models = ["dq", "int8"], Attacks = [.. new[] { "pgd50", "autoattack" }.Select(Attack)], Epsilon = [8] });
        bench.UseGates(s_gate with { Model = "int8" });
        Assert.Equal((GateVerdict.Passed, 0, ""), await HeldAsync(bench));

        bench.ChangeEvaluation(e => e with { Models = ["int8"] });
        var (verdict, exitCode, said) = await HeldAsync(bench);
        Assert.Equal((GateVerdict.Undecided, 3), (verdict, exitCode));
        Assert.EndsWith("cannot be decided: int8 is made of dq, on which its images are made and which 'robustness' does not measure; add \"dq\" to \"models\"", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_is_blocked_by_signs_and_needs_all_that_could_show_them()
    {
        using var bench = Attacked("fgsm", "pgd50", "apgd-ce", "square");
        bench.UsePackage();
        bench.ChangeEvaluation(e => e with { Models = ["full", "dq", "int8"], Attacks = [.. new[] { "fgsm", "pgd50", "apgd-ce", "square" }.Select(Attack)], Epsilon = [8], Gates = [s_gate with { Model = "int8" }] });
        bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Attack.Contains("\"fgsm\"", StringComparison.Ordinal) ? 20 : 40;
        var result = await bench.BuildOfAsync("app");
        Assert.Equal((3, Outcome.Skipped, "int8 fails its gate in the worst case at ε = 8"), (result.ExitCode, result.Targets[^1].Outcome, result.Targets[^1].Why));
        // What follows a gradient is made on the trained model, Square on the integer model itself; the others of it are transferred.
        Assert.Equal(
            ["dq/apgd-ce@8", "dq/clean", "dq/fgsm@8", "dq/pgd50@8", "dq/square@8", "int8/square@8"],
            bench.Executor.Measured.Select(id => id["evaluate/robustness/".Length..]).Order(StringComparer.Ordinal));
    }

    /// <summary>What nobody could judge is not shipped: the package that is there is taken away.</summary>
    [Fact]
    public async Task A_package_is_blocked_by_a_gate_that_cannot_be_decided()
    {
        using var bench = Attacked("pgd50", "autoattack");
        bench.UsePackage();
        EvaluateDeclaration With(EvaluateDeclaration e, params string[] kinds) => e with { Models = ["dq", "int8"], Attacks = [.. kinds.Select(Attack)], Epsilon = [8], Gates = [s_gate with { Model = "int8" }] };
        bench.ChangeEvaluation(e => With(e, "pgd50", "autoattack"));
        Assert.Equal(Outcome.Built, (await bench.BuildOfAsync("app")).Targets[^1].Outcome);
        Assert.True(File.Exists(bench.Workspace.OutputPath("app", "model.onnx")));
        bench.ChangeEvaluation(e => With(e, "autoattack"));
        var result = await bench.BuildOfAsync("app");
        Assert.Equal((3, Outcome.Skipped, "the gate on int8 in the worst case at ε = 8 cannot be decided"), (result.ExitCode, result.Targets[^1].Outcome, result.Targets[^1].Why));
        Assert.False(File.Exists(bench.Workspace.OutputPath("app", "model.onnx")));
    }
}
