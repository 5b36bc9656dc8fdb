namespace DQPipeline.Declarations.Tests;

/// <summary>What a gate may demand, of what, and what is no gate.</summary>
public class GateDeclarationTests
{
    private const string Models = """
        "datasets": { "street": { "kind": "street-digits" }, "other": { "kind": "street-digits", "train": 100 } },
        "train": {
          "full": { "dataset": "street" },
          "dq": { "dataset": "street" },
          "far": { "dataset": "other" },
          "unmeasured": { "dataset": "street" },
          "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 2] } }
        },
        "quantize": { "int8": { "model": "dq" }, "far8": { "model": "far" } },
        """;

    private static string File(string gate, string attacks = "\"fgsm\", \"pgd\"", string more = "") =>
        $"{{ {Models}\n\"evaluate\": {{ \"e\": {{ \"models\": [\"full\", \"dq\", \"int8\", \"far\", \"far8\", \"grid\"], \"attacks\": [{attacks}], \"epsilon\": [2, 8]{more},\n\"gates\": [\n{{ {gate} }}] }} }} }}";

    private static IReadOnlyList<GateDeclaration> Gates(string gate, string attacks = "\"fgsm\", \"pgd\"", string more = "") => PipelineFileTests.Parse(File(gate, attacks, more)).Evaluate["e"].Gates;

    private static string Complaints(string json) => string.Join("\n", Assert.Throws<DqException>(() => PipelineFileTests.Parse(json)).Diagnostics);

    /// <summary>Where a text stands that stands there once.</summary>
    private static string Place(string json, string text)
    {
        var lines = json.Split('\n');
        var line = Assert.Single(Enumerable.Range(0, lines.Length), i => lines[i].Contains(text, StringComparison.Ordinal));
        return $"dq.json({line + 1},{lines[line].IndexOf(text, StringComparison.Ordinal) + 1})";
    }

    [Fact]
    public void A_gate_may_demand_each_thing_alone_and_all_together()
    {
        const string on = """ "model": "dq", "attack": "pgd", "epsilon": 8, """;
        Assert.Equal((0.5, "", false), Assert.Single(Gates(on + """ "atLeast": 0.5 """)) is var least ? (least.AtLeast, least.NotWorseThan, least.Trusted) : default);
        Assert.Equal((null, "full", false), Assert.Single(Gates(on + """ "notWorseThan": "full" """)) is var compared ? (compared.AtLeast, compared.NotWorseThan, compared.Trusted) : default);
        Assert.Equal((null, "", true), Assert.Single(Gates(on + """ "trusted": true """)) is var trusted ? (trusted.AtLeast, trusted.NotWorseThan, trusted.Trusted) : default);
        Assert.Equal((0, "grid", true), Assert.Single(Gates(on + """ "atLeast": 0, "notWorseThan": "grid", "trusted": true """)) is var all ? (all.AtLeast, all.NotWorseThan, all.Trusted) : default);
    }

    [Fact]
    public void A_matrix_may_be_compared_with_itself_and_integer_models_with_trained_ones()
    {
        Assert.Equal(["grid@bits=1", "grid@bits=2"], Gates(""" "model": "grid", "attack": "pgd", "epsilon": 8, "notWorseThan": "grid" """).Select(gate => gate.Model));
        Assert.Equal("int8", Assert.Single(Gates(""" "model": "int8", "attack": "pgd", "epsilon": 8, "notWorseThan": "dq" """)).Model);
        Assert.Equal("clean", Assert.Single(Gates(""" "model": "dq", "notWorseThan": "full" """)).Attack);
    }

    [Fact]
    public void The_worst_case_is_measured_where_an_attack_in_its_norm_is()
    {
        const string gate = """ "model": "dq", "attack": "WORST", "epsilon": 8, "atLeast": 0.5 """;
        var (worst, l2) = (gate.Replace("WORST", "worst", StringComparison.Ordinal), gate.Replace("WORST", "worst-l2", StringComparison.Ordinal));
        Assert.Equal("worst", Assert.Single(Gates(worst)).Attack);
        Assert.Equal("worst", Assert.Single(Gates(worst, "\"pgd\"")).Attack);
        Assert.Equal("worst-l2", Assert.Single(Gates(l2, """ "pgd", { "kind": "pgd", "name": "pgd-l2", "norm": "l2" } """)).Attack);
        Assert.Contains("dq.json(12,1): error DQ1012: \"e\" does not measure worst-l2 at ε = 8; it measures clean, fgsm, pgd, worst at ε = 2, 8", Complaints(File(l2)), StringComparison.Ordinal);
        Assert.Contains("DQ1012: \"e\" does not measure worst at ε = 4", Complaints(File(worst.Replace("8", "4", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Contains("DQ1012: \"e\" does not measure worst (black box) at ε = 8", Complaints(File(worst + """, "blackBox": true """)), StringComparison.Ordinal);
        Assert.Contains("DQ1012: \"full\" is the substitute itself", Complaints(File(worst.Replace("dq", "full", StringComparison.Ordinal), """ { "kind": "fgsm", "from": "full" } """)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "model": "dq", "attack": "pgd", "epsilon": 8 """, "DQ1008: one of \"atLeast\", \"notWorseThan\", \"trusted\" is missing")]
    [InlineData(""" "model": "dq", "attack": "pgd", "epsilon": 8, "certain": true """, "DQ1008: one of \"atLeast\", \"notWorseThan\", \"trusted\" is missing")]
    [InlineData(""" "model": "dq", "attack": "pgd", "epsilon": 8, "trusted": false """, "DQ1008: the gate demands nothing")]
    [InlineData(""" "model": "dq", "trusted": true """, "DQ1004: \"trusted\" is about attacks")]
    [InlineData(""" "model": "dq", "notWorseThan": "ful" """, "DQ1005: no model is called \"ful\"; did you mean \"full\"?")]
    [InlineData(""" "model": "dq", "notWorseThan": "unmeasured" """, "DQ1012: \"e\" does not measure the model \"unmeasured\"; add it to \"models\"")]
    [InlineData(""" "model": "dq", "notWorseThan": "dq" """, "DQ1004: \"notWorseThan\": \"dq\" is never worse than itself")]
    [InlineData(""" "model": "dq", "notWorseThan": "far" """, "DQ1004: \"notWorseThan\" compares image by image, and the models are measured on the images of street, other")]
    [InlineData(""" "model": "far8", "notWorseThan": "int8" """, "DQ1004: \"notWorseThan\" compares image by image, and the models are measured on the images of other, street")]
    public void A_gate_that_cannot_be_held_is_a_coded_error_at_its_place(string gate, string expected) => Assert.Contains($"dq.json(12,1): error {expected}", Complaints(File(gate)), StringComparison.Ordinal);

    [Fact]
    public void A_black_box_measurement_is_not_compared_with_the_substitutes()
    {
        var json = File(""" "model": "dq", "attack": "fgsm", "epsilon": 8, "blackBox": true, "notWorseThan": "full" """, more: ", \"blackBoxFrom\": \"full\"");
        Assert.Contains("dq.json(12,1): error DQ1012: \"full\" is the substitute itself", Complaints(json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clean")]
    [InlineData("worst")]
    [InlineData("worst-l2")]
    public void An_attack_cannot_have_the_name_of_another_measurement(string name)
    {
        var json = File(""" "model": "dq", "atLeast": 0.5 """, $"\"fgsm\", {{ \"kind\": \"pgd\", \"name\": \"{name}\" }}");
        Assert.Contains($"{Place(json, "{ \"kind\": \"pgd\"")}: error DQ1007: an attack cannot be called \"{name}\"", Complaints(json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "kind": "r+fgsm", "norm": "l2" }""")]
    [InlineData("""{ "kind": "pgd", "start": "r+fgsm", "norm": "l2" }""")]
    public void An_attack_without_a_form_in_l2_is_refused_at_its_norm_wherever_it_stands(string attack)
    {
        const string complaint = "error DQ1004: \"norm\": the random step of r+fgsm is defined in linf alone";
        var json = File(""" "model": "dq", "atLeast": 0.5 """, attack);
        Assert.Contains($"{Place(json, "\"l2\"")}: {complaint}", Complaints(json), StringComparison.Ordinal);
        foreach (var section in (string[])["distance", "certify", "samples"])
            Assert.Contains(complaint, Complaints($"{{ {Models} \"{section}\": {{ \"x\": {{ \"models\": \"dq\", \"attack\": {attack} }} }} }}"), StringComparison.Ordinal);
        Assert.Equal("linf", PipelineFileTests.Parse(File(""" "model": "dq", "atLeast": 0.5 """, attack.Replace("l2", "linf", StringComparison.Ordinal))).Evaluate["e"].Attacks[0].Norm);
    }

    /// <summary>What a gate demands is in no key, and a demand that is not made in no normal form.</summary>
    [Fact]
    public void Gates_are_no_options_and_what_they_do_not_demand_is_not_written()
    {
        var evaluation = PipelineFileTests.Parse(File(""" "model": "dq", "attack": "pgd", "epsilon": 8, "notWorseThan": "full" """)).Evaluate["e"];
        Assert.Equal(Declaration.Options(evaluation with { Gates = [] }), Declaration.Options(evaluation));
        var json = Declaration.ToJson(evaluation);
        Assert.Contains("\"notWorseThan\":\"full\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("atLeast", json, StringComparison.Ordinal);
        Assert.Equal((null, "full"), Assert.Single(Declaration.FromJson<EvaluateDeclaration>(json).Gates) is var gate ? (gate.AtLeast, gate.NotWorseThan) : default);
    }
}
