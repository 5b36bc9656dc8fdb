namespace DQPipeline.Declarations.Tests;

public class BlackBoxTests
{
    private const string Models = """
        "datasets": { "street": { "kind": "street-digits" } },
        "train": {
          "dq": { "dataset": "street" },
          "vgg": { "dataset": "street", "network": "vgg-16" },
          "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 2] } }
        },
        """;

    private static EvaluateDeclaration Evaluation(string options) => PipelineFileTests.Parse(File(options)).Evaluate["e"];

    private static string Complaints(string options) =>
        string.Join("\n", Assert.Throws<DqException>(() => PipelineFileTests.Parse(File(options))).Diagnostics);

    private static string File(string options) => $"{{ {Models}\n\"evaluate\": {{ \"e\": {{ {options} }} }} }}";

    private static IEnumerable<string> Made(EvaluateDeclaration evaluation) => evaluation.AllAttacks().Select(a => a.From.Length > 0 ? $"{a.Name} from {a.From}" : a.Name);

    [Fact]
    public void Black_box_from_adds_a_twin_of_every_attack_that_follows_a_gradient() => Assert.Equal(
        ["random", "fgsm", "pgd10", "fgsm from vgg", "pgd10 from vgg"],
        Made(Evaluation("""  "models": "dq", "attacks": ["random", "fgsm", { "kind": "pgd", "name": "pgd10", "steps": 10 }], "blackBoxFrom": "vgg" """)));

    [Fact]
    public void An_attacks_own_substitute_asks_for_no_more_than_itself() => Assert.Equal(
        ["random", "fgsm", "pgd", "fgsm from vgg", "pgd from grid@bits=2"],
        Made(Evaluation("""  "models": "dq", "attacks": ["random", "fgsm", "pgd", { "kind": "fgsm", "from": "vgg" }, { "kind": "pgd", "from": "grid@bits=2" }] """)));

    [Fact]
    public void An_attacks_own_substitute_goes_before_the_default_and_a_twin_has_its_options()
    {
        var evaluation = Evaluation("""  "models": "dq", "attacks": [{ "kind": "pgd", "steps": 7 }, { "kind": "pgd", "from": "vgg" }, { "kind": "bim", "steps": 9 }], "blackBoxFrom": "dq" """);
        Assert.Equal(["pgd", "pgd from vgg", "bim", "bim from dq"], Made(evaluation));
        Assert.Equal([7, 0, 9, 9], evaluation.AllAttacks().Select(a => a.Steps));
    }

    [Fact]
    public void Only_black_box_can_be_asked_for() =>
        Assert.Equal(["fgsm from vgg"], Made(Evaluation("""  "models": "dq", "attacks": [{ "kind": "fgsm", "from": "vgg" }] """)));

    [Fact]
    public void A_substitute_is_a_name_and_no_option() => Assert.Equal(
        Declaration.Options(new AttackDeclaration { Kind = "pgd" }), Declaration.Options(new AttackDeclaration { Kind = "pgd", From = "vgg" }));

    [Theory]
    [InlineData("""  "models": "dq", "attacks": ["fgsm"], "blackBoxFrom": "vg" """, "error DQ1005: no model is called \"vg\"; did you mean \"vgg\"?")]
    [InlineData("""  "models": "dq", "attacks": [{ "kind": "fgsm", "from": "vg" }] """, "error DQ1005: no model is called \"vg\"; did you mean \"vgg\"?")]
    [InlineData("""  "models": "dq", "attacks": ["fgsm"], "blackBoxFrom": "grid" """, "error DQ1004: \"grid\" stands for 2 models; a substitute is one of them, say \"grid@bits=1\"")]
    [InlineData("""  "models": "dq", "attacks": [{ "kind": "random", "from": "vgg" }] """, "error DQ1004: \"from\": random asks no model for a gradient")]
    [InlineData("""  "models": "dq", "attacks": ["pgd", { "kind": "fgsm", "from": "vgg" }, { "kind": "fgsm", "from": "dq" }] """, "error DQ1007: two attacks are called \"fgsm\"")]
    public void A_substitute_that_cannot_be_one_is_a_coded_error(string options, string expected) => Assert.Contains(expected, Complaints(options), StringComparison.Ordinal);

    [Fact]
    public void A_gate_names_black_box_beside_white_box()
    {
        const string options = """ "models": ["dq", "vgg"], "attacks": ["random", "fgsm"], "epsilon": [2], "blackBoxFrom": "vgg", "gates": [{ GATE "atLeast": 0.4 }] """;
        string With(string gate) => options.Replace("GATE", gate, StringComparison.Ordinal);
        Assert.True(Assert.Single(Evaluation(With(""" "model": "dq", "attack": "fgsm", "epsilon": 2, "blackBox": true, """)).Gates).BlackBox);
        Assert.False(Assert.Single(Evaluation(With(""" "model": "dq", "attack": "fgsm", "epsilon": 2, """)).Gates).BlackBox);
        Assert.Contains(
            "DQ1012: \"e\" does not measure random (black box) at ε = 2; it measures clean, random, fgsm, fgsm (black box), worst at ε = 2",
            Complaints(With(""" "model": "dq", "attack": "random", "epsilon": 2, "blackBox": true, """)),
            StringComparison.Ordinal);
        Assert.Contains("DQ1012: \"vgg\" is the substitute itself", Complaints(With(""" "model": "vgg", "attack": "fgsm", "epsilon": 2, "blackBox": true, """)), StringComparison.Ordinal);
        Assert.Contains("DQ1012: \"e\" does not measure clean (black box)", Complaints(With(""" "model": "dq", "blackBox": true, """)), StringComparison.Ordinal);
    }
}
