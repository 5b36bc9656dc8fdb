using System.Text.Json.Nodes;
using System.Xml.Linq;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Verdicts;

namespace DQPipeline.Targets.Tests;

/// <summary>
/// Gates that compare models image by image. The p-values are scipy 1.10.1's <c>binomtest(min(b, c), b + c, 0.5).pvalue</c> of the b and c images that only one of the two gets right; the intervals are
/// those of a second implementation of Newcombe's method 10, written in Python from the paper's formulae.
/// </summary>
public class GateComparisonTests
{
    private static readonly GateDeclaration s_gate = new() { Model = "dq", Attack = "pgd", Epsilon = 8, NotWorseThan = "full", Place = new("dq.json", 12, 9) };

    /// <summary>A bench on which "dq" and "full" get so many of 100 images right: both, "dq" alone, "full" alone.</summary>
    private static Bench Compared(int both, int dq, int full, params GateDeclaration[] gates)
    {
        var bench = new Bench();
        bench.Executor.Right = cell => !cell.EndsWith("pgd@8", StringComparison.Ordinal) ? null
            : [.. Enumerable.Range(0, 100).Select(image => image < both || (cell.Contains("/full/", StringComparison.Ordinal) ? image >= both + dq && image < both + dq + full : image < both + dq))];
        bench.UseGates(gates);
        return bench;
    }

    [Theory]
    // Better, beyond chance: p = 0.0022, 7.83 to 31.25 points.
    [InlineData(30, 30, 10, false, GateVerdict.Passed)]
    [InlineData(30, 30, 10, true, GateVerdict.Passed)]
    // Worse, beyond chance: -31.25 to -7.83 points.
    [InlineData(30, 10, 30, false, GateVerdict.Failed)]
    [InlineData(30, 10, 30, true, GateVerdict.Failed)]
    // What chance explains has the benefit of the doubt, and is no proof: -7.27 to 11.21 points, and -2.06 to 2.06 of the same images.
    [InlineData(30, 12, 10, false, GateVerdict.Passed)]
    [InlineData(30, 12, 10, true, GateVerdict.Failed)]
    [InlineData(40, 0, 0, false, GateVerdict.Passed)]
    [InlineData(40, 0, 0, true, GateVerdict.Failed)]
    // The intervals of the two accuracies overlap (50.2 to 69.1, 62.5 to 79.9), and the pairs tell them apart: -18.61 to -5.31 points.
    [InlineData(60, 0, 12, false, GateVerdict.Failed)]
    public async Task It_fails_where_the_model_is_worse_beyond_chance_or_not_proved_as_good(int both, int dq, int full, bool certain, GateVerdict expected)
    {
        using var bench = Compared(both, dq, full, s_gate with { Certain = certain });
        var result = await bench.BuildAsync();
        Assert.Equal((expected, expected == GateVerdict.Passed ? 0 : 3), (Assert.Single(result.Gates).Verdict, result.ExitCode));
    }

    [Fact]
    public async Task A_failure_says_both_accuracies_the_difference_its_interval_and_the_p_value()
    {
        using var bench = Compared(30, 10, 30, s_gate);
        Assert.Equal(
            "dq.json(12,9): error DQ4001: dq under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and it is worse than full: "
            + "full keeps 60.0 %, a difference of -20.0 points (95 % interval -31.25 to -7.83, McNemar's p = 0.002); make the model more robust, or take back \"notWorseThan\"",
            Assert.Single((await bench.BuildAsync()).Diagnostics).ToString());
    }

    [Fact]
    public async Task Every_demand_that_fails_is_told_and_none_that_does_not()
    {
        using var bench = Compared(30, 12, 10, s_gate with { Certain = true, AtLeast = 0.4 }, s_gate with { Certain = true, AtLeast = 0.3 });
        var messages = (await bench.BuildAsync()).Diagnostics.Select(d => d.Message).ToList();
        // 42 of 100 has the interval 32.80 to 51.79 %.
        Assert.Contains("and its lower end is below the 40.0 % demanded with certainty; and it is not proved to be as good as full: full keeps 40.0 %, a difference of +2.0 points", messages[0], StringComparison.Ordinal);
        Assert.EndsWith("; make the model more robust, or lower \"atLeast\", or take back \"notWorseThan\"", messages[0], StringComparison.Ordinal);
        Assert.DoesNotContain("lower end", messages[1], StringComparison.Ordinal);
        Assert.Contains("not proved", messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_passes_comes_with_its_p_value_too()
    {
        using var bench = Compared(40, 20, 0, s_gate with { AtLeast = 0.5 });
        var result = await bench.BuildAsync();
        var gate = Assert.Single(result.Gates);
        var comparison = Assert.Single(gate.Comparisons);
        Assert.Equal(("full", 0.4, new PairedComparison(40, 20, 0, 40)), (comparison.Model, comparison.Accuracy, comparison.Pairs));
        Assert.Equal(1.9073486328125e-06, comparison.Pairs.PValue, 1e-15);
        Assert.Equal("at least 50.0 %, not worse than full", gate.Demand);
        var (sarif, junit) = (Path.Combine(bench.Folder, "a.sarif"), Path.Combine(bench.Folder, "a.xml"));
        new VerdictFiles(sarif, junit, "1.2.3").Write(bench.Workspace, result);
        const string expected = "dq under pgd at ε = 8 keeps an accuracy of 60.0 % (95 % interval 50.2 % to 69.06 %), and at least 50.0 %, not worse than full is demanded; "
            + "full keeps 40.0 %, a difference of +20.0 points (95 % interval +11.75 to +27.63, McNemar's p = 1.9e-6)";
        Assert.Equal(expected, XElement.Load(junit).Descendants("testcase").Single(test => (string?)test.Attribute("name") == "dq/pgd@8").Element("system-out")!.Value);
        Assert.Equal(expected, (string?)JsonNode.Parse(File.ReadAllText(sarif))!["runs"]![0]!["results"]![0]!["message"]!["text"]);
    }

    [Fact]
    public async Task A_matrix_stands_for_each_of_its_other_members()
    {
        using var bench = Compared(30, 10, 30, s_gate with { Model = "grid@bits=2", NotWorseThan = "grid" });
        bench.Executor.Right = cell => !cell.EndsWith("pgd@8", StringComparison.Ordinal) ? null : [.. Enumerable.Range(0, 100).Select(image => image < (cell.Contains("bits=4", StringComparison.Ordinal) ? 90 : 50))];
        bench.Change(p => p with
        {
            Train = Bench.Named([.. new[] { 2, 3, 4 }.Select(bits => Bench.Model($"grid@bits={bits}") with { Group = "grid", Epochs = bits })]),
            Evaluate = Bench.Named(p.Evaluate["robustness"] with { Models = ["grid"] }),
        });
        var gate = Assert.Single((await bench.BuildAsync()).Gates);
        Assert.Equal((GateVerdict.Failed, "grid@bits=3, grid@bits=4"), (gate.Verdict, string.Join(", ", gate.Comparisons.Select(c => c.Model))));
        Assert.DoesNotContain("grid@bits=3", gate.Finding!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worst_cases_are_compared_with_worst_cases()
    {
        using var bench = Compared(30, 10, 30, s_gate with { Attack = "worst" });
        bench.ChangeEvaluation(e => e with { Epsilon = [8] });
        bench.Executor.Right = cell => [.. Enumerable.Range(0, 100).Select(image => cell.Contains("/full/fgsm", StringComparison.Ordinal) ? image >= 50 : image < 60)];
        // "full" keeps 60 under pgd and 50 under fgsm, but only 10 under both; "dq" keeps the same 60 under each.
        var comparison = Assert.Single(Assert.Single((await bench.BuildAsync()).Gates).Comparisons);
        Assert.Equal(new PairedComparison(10, 50, 0, 40), comparison.Pairs);
    }

    [Fact]
    public async Task It_is_held_only_where_both_are_built()
    {
        using var bench = Compared(30, 10, 30, s_gate);
        Assert.Equal(0, (await bench.BuildOfAsync("robustness/dq")).ExitCode);
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
    }

    [Fact]
    public async Task It_is_undecided_where_the_other_is_not_measured()
    {
        using var bench = Compared(30, 30, 10, s_gate);
        bench.ChangeEvaluation(e => e with { Models = ["dq"] });
        var result = await bench.BuildAsync();
        Assert.Equal((3, "DQ4002", GateVerdict.Undecided), (result.ExitCode, Assert.Single(result.Diagnostics).Code, result.Gates[0].Verdict));
        Assert.Contains("the gate on dq under pgd at ε = 8 cannot be decided: 'robustness' does not measure full", result.Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_blocks_the_package_of_its_model_and_the_others_gates_do_not()
    {
        using var bench = Compared(30, 10, 30);
        bench.UsePackage();
        var failing = s_gate with { Model = "full", NotWorseThan = "", AtLeast = 1 };
        bench.UseGates(s_gate with { Model = "int8" }, failing);
        var blocked = await bench.BuildOfAsync("app");
        Assert.Equal((3, Outcome.Skipped), (blocked.ExitCode, blocked.Targets[^1].Outcome));
        Assert.Equal("int8 fails its gate under pgd at ε = 8", blocked.Targets[^1].Why);
        bench.UseGates(s_gate with { Model = "int8", NotWorseThan = "dq" }, s_gate, failing);
        Assert.Equal("dq fails its gate under pgd at ε = 8", (await bench.BuildOfAsync("app")).Targets[^1].Why);
        bench.UseGates(s_gate with { Model = "int8", NotWorseThan = "dq" }, failing);
        Assert.Equal(Outcome.Built, (await bench.BuildOfAsync("app")).Targets[^1].Outcome);
        Assert.Contains("| robustness/int8/pgd@8 | not worse than dq | passed; dq keeps 40.0 %, a difference of 0.0 points", File.ReadAllText(bench.Workspace.OutputPath("app", "card.md")), StringComparison.Ordinal);
    }
}
