namespace DQPipeline.Declarations.Tests;

/// <summary>Integer models in dq.json: made of trained ones, measured beside them, and nothing that needs a gradient.</summary>
public class QuantizeDeclarationTests
{
    private const string Models = """
        "datasets": { "street": { "kind": "street-digits" } },
        "train": {
          "dq": { "dataset": "street" },
          "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 2] } }
        },
        """;

    private static PipelineDeclaration Parse(string quantize, string rest = "") =>
        PipelineFileTests.Parse($"{{ \"seed\": 5, {Models}\n\"quantize\": {{ {quantize} }} {(rest.Length > 0 ? $", {rest}" : "")} }}");

    private static string Complaints(string quantize, string rest = "") =>
        string.Join("\n", Assert.Throws<DqException>(() => Parse(quantize, rest)).Diagnostics);

    [Fact]
    public void What_is_not_said_has_its_default_and_the_seed_is_the_pipelines()
    {
        var quantize = Parse(""" "int8": { "model": "dq", "calibration": { "method": "percentile" } } """).Quantize["int8"];
        Assert.Equal(("int8", "dq", "float", 8, 0.5, 0, 5), (quantize.Name, quantize.Model, quantize.Input, quantize.Bits, quantize.MaxLoss, quantize.Samples, quantize.Seed));
        Assert.Equal(("percentile", 99.99, 1000), (quantize.Calibration.Method, quantize.Calibration.Percentile, quantize.Calibration.Samples));
    }

    [Fact]
    public void What_names_an_integer_model_that_is_wrong_is_no_second_mistake() =>
        Assert.Single(Complaints(""" "a": { "model": "b" }, "b": { "model": "dq" } """, """ "evaluate": { "e": { "models": "a" } } """).Split('\n'));

    [Fact]
    public void A_matrix_gives_an_integer_model_for_each_member()
    {
        var quantize = Parse(""" "int8": { "model": "grid" } """).Quantize;
        Assert.Equal(["int8@bits=1", "int8@bits=2"], quantize.Keys);
        Assert.Equal(["grid@bits=1", "grid@bits=2"], quantize.Values.Select(q => q.Model));
        Assert.All(quantize.Values, q => Assert.Equal("int8", q.Group));
    }

    [Fact]
    public void Evaluations_and_gates_take_them_as_models()
    {
        const string evaluate = """ "evaluate": { "e": { "models": ["dq", "int8", "grids"], "attacks": ["fgsm"], "epsilon": [2], "gates": [{ "model": "grids", "attack": "fgsm", "epsilon": 2, "atLeast": 0.1 }] } } """;
        var evaluation = Parse(""" "int8": { "model": "dq" }, "grids": { "model": "grid" } """, evaluate).Evaluate["e"];
        Assert.Equal(["dq", "int8", "grids@bits=1", "grids@bits=2"], evaluation.Models);
        Assert.Equal(["grids@bits=1", "grids@bits=2"], evaluation.Gates.Select(gate => gate.Model));
    }

    [Fact]
    public void Its_model_is_a_name_and_no_option()
    {
        var options = Declaration.Options(new QuantizeDeclaration { Model = "dq", Seed = 3 });
        Assert.Equal(options, Declaration.Options(new QuantizeDeclaration { Model = "other", Seed = 3 }));
        Assert.Contains(KeyValuePair.Create("calibration.samples", "1000"), options);
        Assert.Contains(KeyValuePair.Create("maxLoss", "0.5"), options);
    }

    [Theory]
    [InlineData(""" "int8": { } """, "", "error DQ1008: \"model\" is missing")]
    [InlineData(""" "int8": { "model": "qd" } """, "", "error DQ1005: no model is called \"qd\"; did you mean \"dq\"?")]
    [InlineData(""" "int8": { "model": "dq", "bits": 9 } """, "", "error DQ1004")]
    [InlineData(""" "int8": { "model": "dq", "input": "float16" } """, "", "error DQ1004")]
    [InlineData(""" "int8": { "model": "dq", "calibration": { "method": "guess" } } """, "", "error DQ1004")]
    [InlineData(""" "dq": { "model": "dq" } """, "", "error DQ1007: \"dq\" already names a model")]
    [InlineData(""" "int8": { "model": "dq" } """, """ "evaluate": { "int8": { "models": "dq" } } """, "error DQ1007: \"int8\" already names an integer model")]
    [InlineData(""" "a": { "model": "dq" }, "b": { "model": "a" } """, "", "error DQ1004: \"a\" is an integer model, which has no gradient")]
    [InlineData(""" "a": { "model": "dq" } """, """ "distance": { "d": { "models": "a" } } """, "error DQ1004: \"a\" is an integer model")]
    [InlineData(""" "a": { "model": "dq" } """, """ "evaluate": { "e": { "models": "dq", "attacks": ["fgsm"], "blackBoxFrom": "a" } } """, "error DQ1004: \"a\" is an integer model")]
    [InlineData(""" "a": { "model": "a" } """, "", "dq.json(6,32): error DQ1004: \"a\" is an integer model")]
    [InlineData(""" "a": { "model": "b" }, "b": { "model": "dq" } """, "", "dq.json(6,32): error DQ1004: \"b\" is an integer model")]
    [InlineData(""" "a": { "model": "b" }, "b": { "model": "dq", "bits": 9 } """, "", "error DQ1004: \"b\" is an integer model")]
    [InlineData(""" "DQ": { "model": "dq" } """, "", "error DQ1007: \"DQ\" and \"dq\", a model, differ in case only")]
    [InlineData(""" "a": { "model": "dq" }, "A": { "model": "dq" } """, "", "error DQ1007: \"A\" and \"a\", an integer model, differ in case only")]
    public void What_cannot_be_is_a_coded_error(string quantize, string rest, string expected) => Assert.Contains(expected, Complaints(quantize, rest), StringComparison.Ordinal);
}
