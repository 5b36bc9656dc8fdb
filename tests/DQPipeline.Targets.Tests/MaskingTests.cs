using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Signs of masked gradients: each is found in measurements that have it, and none in those of an honest model or of attacks that are weak by themselves.</summary>
public class MaskingTests
{
    private const int Samples = 400;

    [Fact]
    public void An_honest_model_is_let_alone() => Assert.Empty(Found(Honest()));

    [Theory]
    [InlineData("black-box/fgsm@8", "DQ4101")]
    [InlineData("fgsm@8", "DQ4102")]
    [InlineData("square@8", "DQ4103")]
    public void What_should_be_weaker_and_breaks_more_is_found(string weaker, string code)
    {
        // 80 images withstand the model's own gradient at ε = 8; of these the weaker attack breaks 30, and leaves 5 of the others.
        var measured = Honest();
        measured[weaker] = Right(image => image is < 50 or (>= 100 and < 105));
        var found = Assert.Single(Found(measured));
        Assert.Equal(code, found.Code);
        Assert.Equal(Severity.Warning, found.Severity);
        Assert.Contains(" 30 images", found.Message, StringComparison.Ordinal);
        Assert.Contains("and 5 the other way", found.Message, StringComparison.Ordinal);
        Assert.Equal(9, found.Place!.Value.Line);
    }

    [Theory]
    [InlineData("black-box/pgd@8")]
    [InlineData("fgsm@8")]
    [InlineData("square@8")]
    public void A_difference_that_chance_explains_is_let_alone(string weaker)
    {
        // 12 against 6: p = 0.24.
        var measured = Honest();
        measured[weaker] = Right(image => image is < 68 or (>= 100 and < 106));
        Assert.Empty(Found(measured));
    }

    [Theory]
    [InlineData("pgd50@8")]
    [InlineData("apgd-ce@8")]
    public void Nothing_is_compared_where_the_gradient_was_not_followed_in_earnest(string missing)
    {
        var measured = Honest();
        measured["fgsm@8"] = Right(image => image < 10);
        measured.Remove(missing);
        Assert.DoesNotContain(Found(measured), finding => finding.Code == "DQ4102");
    }

    [Theory]
    [InlineData("fgsm@8", "black-box/fgsm@8", 1)]
    [InlineData("pgd@8", "black-box/pgd@8", 0)]
    public void A_single_step_that_another_model_makes_better_is_found_whatever_many_steps_do(string own, string others, int findings)
    {
        // Table 6: trained on FGSM, the network withstands its own and not another's. Many steps break nearly all.
        var measured = Honest();
        foreach (var strong in (string[])["pgd50@8", "apgd-ce@8"])
            measured[strong] = Right(image => image < 10);
        measured.Remove("black-box/fgsm@8");
        measured[own] = Right(image => image < 340);
        measured[others] = Right(image => image is >= 20 and < 190);
        var found = Found(measured);
        Assert.Equal(findings, found.Count);
        Assert.All(found, finding => Assert.Equal("DQ4101", finding.Code));
        Assert.All(found, finding => Assert.Contains("170 images that withstand the same made on the model itself, and 0 the other way", finding.Message, StringComparison.Ordinal));
        // Nor is an attack in earnest needed for it.
        measured.Remove("pgd50@8");
        Assert.Equal(findings, Found(measured).Count);
    }

    [Fact]
    public void The_papers_own_pgd_is_reported_and_never_diagnosed()
    {
        // Two steps at ε = 2, which FGSM beats on any network.
        var measured = Honest();
        measured["pgd@8"] = Right(image => image < 300);
        Assert.Empty(Found(measured));
    }

    [Fact]
    public void Accuracy_that_does_not_fall_as_the_strength_doubles_is_found()
    {
        var measured = Honest();
        foreach (var attack in (string[])["pgd50", "apgd-ce"])
            measured[$"{attack}@8"] = measured[$"{attack}@2"];
        // What falls is what is compared: the others fall with them.
        foreach (var attack in (string[])["fgsm", "black-box/fgsm", "square"])
            measured[$"{attack}@8"] = measured[$"{attack}@2"];
        Assert.Equal("DQ4104", Assert.Single(Found(measured)).Code);
    }

    [Fact]
    public void What_chance_breaks_need_not_break_more_at_twice_the_strength()
    {
        // 4 of 360 images fall at ε = 2: p = 0.13.
        var measured = Honest();
        foreach (var attack in (string[])["pgd50", "apgd-ce", "fgsm", "black-box/fgsm", "square", "pgd"])
            measured[$"{attack}@2"] = measured[$"{attack}@8"] = Right(image => image < 356);
        Assert.Empty(Found(measured));
    }

    [Fact]
    public void Strengths_need_not_be_neighbours_to_be_compared()
    {
        var measured = new Dictionary<string, bool[]> { ["clean"] = Right(image => image < 360) };
        foreach (var (epsilon, right) in new[] { (2, 200), (3, 190), (4, 200) })
            measured[$"pgd50@{epsilon}"] = measured[$"apgd-ce@{epsilon}"] = Right(image => image < right);
        Assert.Equal("DQ4104", Assert.Single(Found(measured, "linf", [2, 3, 4])).Code);
    }

    [Theory]
    [InlineData("square@128", "DQ4103")]
    [InlineData("fgsm@128", "DQ4102")]
    public void In_L2_the_same_is_compared(string weaker, string code)
    {
        Dictionary<string, bool[]> measured = new()
        {
            ["clean"] = Right(image => image < 360),
            ["pgd50@128"] = Right(image => image < 80),
            ["apgd-ce@128"] = Right(image => image < 80),
            [weaker] = Right(image => image is < 50 or (>= 100 and < 105)),
        };
        var found = Assert.Single(Found(measured, "l2", [128]));
        Assert.Equal(code, found.Code);
        Assert.Contains("at ε = 128 in L2 ", found.Message, StringComparison.Ordinal);
        // A length of 128 is no fourth of the range: what withstands it is no sign.
        measured[weaker] = measured["pgd50@128"];
        Assert.Empty(Found(measured, "l2", [128]));
    }

    [Fact]
    public void Images_that_withstand_what_nothing_can_are_found()
    {
        var measured = Honest();
        foreach (var attack in (string[])["pgd50", "apgd-ce"])
            measured[$"{attack}@64"] = Right(image => image < 30);
        var found = Assert.Single(Found(measured));
        Assert.Equal("DQ4105", found.Code);
        Assert.Contains("7.5 %", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 0, 0)]
    [InlineData(12, 0, 1)]
    [InlineData(0, 12, 1)]
    [InlineData(12, 12, 2)]
    public void Gradients_and_losses_that_vanish_are_found_beyond_one_percent(int zero, int saturated, int findings)
    {
        var found = Found(Honest(), new CellHealth(zero, saturated, null));
        Assert.Equal(findings, found.Count);
        Assert.All(found, finding => Assert.Equal("DQ4106", finding.Code));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(160, 1)]
    public void Restarts_that_decide_are_found(int afterFirst, int findings)
    {
        var found = Found(Honest(), health: null, ("pgd50@8", new CellHealth(0, null, afterFirst)));
        Assert.Equal(findings, found.Count);
        Assert.All(found, finding => Assert.Equal("DQ4107", finding.Code));
    }

    /// <summary>A model of which 360 images are right, 200 at ε = 2 and 80 at 8 under its own gradient, more under weaker attacks, and none at 64.</summary>
    private static Dictionary<string, bool[]> Honest() => new()
    {
        ["clean"] = Right(image => image < 360),
        ["pgd50@2"] = Right(image => image is < 200 or 300),
        ["apgd-ce@2"] = Right(image => image < 200),
        ["fgsm@2"] = Right(image => image < 240),
        ["square@2"] = Right(image => image < 280),
        ["black-box/fgsm@2"] = Right(image => image < 300),
        ["pgd@2"] = Right(image => image < 320),
        ["pgd50@8"] = Right(image => image is < 80 or 300),
        ["apgd-ce@8"] = Right(image => image < 80),
        ["fgsm@8"] = Right(image => image < 120),
        ["square@8"] = Right(image => image < 180),
        ["black-box/fgsm@8"] = Right(image => image < 200),
        ["pgd@8"] = Right(image => image < 150),
        ["pgd50@64"] = Right(_ => false),
        ["apgd-ce@64"] = Right(_ => false),
    };

    private static bool[] Right(Func<int, bool> isRight) => [.. Enumerable.Range(0, Samples).Select(isRight)];

    private static IReadOnlyList<Diagnostic> Found(Dictionary<string, bool[]> measured, CellHealth? health = null, params (string Cell, CellHealth Health)[] healths) =>
        Found(measured, "linf", [2, 8, 64], health, healths);

    private static IReadOnlyList<Diagnostic> Found(Dictionary<string, bool[]> measured, string norm, double[] epsilon) => Found(measured, norm, epsilon, health: null);

    private static IReadOnlyList<Diagnostic> Found(Dictionary<string, bool[]> measured, string norm, double[] epsilon, CellHealth? health, params (string Cell, CellHealth Health)[] healths)
    {
        using var bench = new Bench();
        var evaluation = Bench.Evaluation("robustness", "full", "dq") with
        {
            Attacks =
            [
                new() { Kind = "fgsm", Name = "fgsm" }, new() { Kind = "fgsm", Name = "fgsm", From = "full" }, new() { Kind = "pgd", Name = "pgd" }, new() { Kind = "pgd", Name = "pgd", From = "full" }, new() { Kind = "square", Name = "square" },
                new() { Kind = "pgd", Name = "pgd50", Steps = 50, Alpha = 0.5, Restarts = 5 }, new() { Kind = "apgd-ce", Name = "apgd-ce" },
            ],
            Epsilon = epsilon,
            Samples = Samples,
        };
        evaluation = evaluation with { Attacks = [.. evaluation.Attacks.Select(attack => attack with { Norm = norm })] };
        bench.Change(pipeline => pipeline with { Evaluate = Bench.Named(evaluation) });
        var prefix = "evaluate/robustness/dq/";
        var evidence = bench.Graph().Targets.OfType<EvaluationCell>().Where(cell => cell.Id.StartsWith(prefix, StringComparison.Ordinal) && measured.ContainsKey(cell.Id[prefix.Length..])).Select(cell =>
        {
            var name = cell.Id[prefix.Length..];
            return new AttackEvidence(cell, measured[name], name == "clean" ? health ?? new(0, 0, null) : healths.FirstOrDefault(one => one.Cell == name).Health);
        }).ToList();
        Assert.Equal(measured.Count, evidence.Count);
        return MaskingCheck.Findings(evaluation, evidence, "dq");
    }
}
