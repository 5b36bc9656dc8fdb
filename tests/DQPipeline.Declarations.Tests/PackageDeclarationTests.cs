namespace DQPipeline.Declarations.Tests;

/// <summary>Packages in dq.json, and what a training says of its weights.</summary>
public class PackageDeclarationTests
{
    private static PipelineDeclaration Parse(string package, string train = "") => PipelineFileTests.Parse($$"""
        {
          "datasets": { "street": { "kind": "street-digits" } },
          "train": {
            "dq": { "dataset": "street", "activation": { "bits": 4 } {{train}} },
            "full": { "dataset": "street" },
            "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 2] } }
          },
          "quantize": { "int8": { "model": "dq" }, "grids": { "model": "grid" } },
          "package": { {{package}} }
        }
        """);

    private static string Complaints(string package) => string.Join("\n", Assert.Throws<DqException>(() => Parse(package)).Diagnostics);

    [Fact]
    public void What_is_not_said_has_its_default()
    {
        var package = Parse(""" "app": { "model": "int8" } """).Package["app"];
        Assert.Equal(("app", "app", "int8"), (package.Name, package.Group, package.Model));
        Assert.Equal(["mlnet", "onnx"], package.Formats);
        Assert.False(package.Detector.IsActive);
    }

    [Fact]
    public void Any_model_and_every_member_of_a_matrix_can_be_packaged()
    {
        var packages = Parse(""" "a": { "model": "dq", "formats": "onnx" }, "b": { "model": "grids", "formats": ["mlnet-stock"], "extends": "a" } """).Package;
        Assert.Equal(["a", "b@bits=1", "b@bits=2"], packages.Keys);
        Assert.Equal(["dq", "grids@bits=1", "grids@bits=2"], packages.Values.Select(package => package.Model));
        Assert.Equal(["mlnet-stock"], packages["b@bits=2"].Formats);
    }

    [Theory]
    [InlineData(""" "a": { "model": "int9" } """, "no model is called \"int9\"; did you mean \"int8\"?")]
    [InlineData(""" "a": { "model": "int8", "formats": ["mlent"] } """, "\"formats\": \"mlent\" is not one of mlnet, mlnet-stock, onnx; did you mean \"mlnet\"?")]
    [InlineData(""" "a": { "model": "int8", "formats": [] } """, "\"formats\" should name at least one of mlnet")]
    [InlineData(""" "a": { "model": "int8", "formats": ["onnx", "onnx"] } """, "\"onnx\" stands twice in \"formats\"")]
    [InlineData(""" "a": { "model": "int8", "formats": ["onnx"], "detector": { "bits": 5 } } """, "\"detector\": only the format mlnet holds one")]
    [InlineData(""" "int8": { "model": "int8" } """, "\"int8\" already names an integer model")]
    [InlineData(""" "a": { } """, "\"model\" is missing")]
    public void What_is_wrong_is_said(string package, string complaint) => Assert.Contains(complaint, Complaints(package), StringComparison.Ordinal);

    [Fact]
    public void A_training_starts_from_any_one_model_declared_before_or_after()
    {
        var train = Parse("", """, "weights": { "from": "full", "names": { "linear": "" } }, "epochs": 0""").Train;
        Assert.Equal(("full", "", true, false), (train["dq"].Weights.From, train["dq"].Weights.Path, train["dq"].Weights.IsActive, train["full"].Weights.IsActive));
        Assert.Equal("grid@bits=2", Parse("", """, "weights": { "from": "grid@bits=2" }""").Train["dq"].Weights.From);
    }

    [Theory]
    [InlineData(""" "from": "ful" """, "dq.json(4,85): error DQ1005: no model is called \"ful\"; did you mean \"full\"?")]
    [InlineData(""" "from": "grid" """, "dq.json(4,85): error DQ1004: \"from\": \"grid\" stands for 2 models, and a training starts from one; name one of them, grid@bits=1 for instance")]
    [InlineData(""" "from": "int8" """, "\"int8\" is an integer model")]
    [InlineData(""" "from": "dq" """, "dq.json(4,85): error DQ1006: models start from one another in a circle: dq → dq")]
    [InlineData(""" "from": "full", "path": "w" """, "\"path\" names a file and \"from\" a model of this file; remove one of them")]
    [InlineData(""" "from": "full", "mean": 0.5, "std": 0.5 """, "\"mean\" and \"std\" are of other tools' images")]
    public void What_is_wrong_with_a_start_is_said(string weights, string complaint) =>
        Assert.Contains(complaint, string.Join("\n", Assert.Throws<DqException>(() => Parse("", $", \"weights\": {{{weights}}}")).Diagnostics), StringComparison.Ordinal);

    [Fact]
    public void A_circle_is_said_once_for_each_model_in_it_and_for_none_that_only_leads_to_it() =>
        Assert.Equal(
            ["models start from one another in a circle: a → b → a", "models start from one another in a circle: b → a → b"],
            Assert.Throws<DqException>(() => PipelineFileTests.Parse("""
                {
                  "datasets": { "s": { "kind": "street-digits" } },
                  "train": {
                    "c": { "dataset": "s", "weights": { "from": "a" } },
                    "a": { "dataset": "s", "weights": { "from": "b" } },
                    "b": { "dataset": "s", "weights": { "from": "a" } },
                  },
                }
                """)).Diagnostics.Select(diagnostic => diagnostic.Message.Split(';')[0]));

    /// <summary>Where activations have few bits the model is going to be an integer one.</summary>
    [Fact]
    public void Weights_end_on_bytes_where_activations_are_quantized()
    {
        var train = Parse("").Train;
        Assert.Equal((8, 32, 8), (train["dq"].WeightBits, train["full"].WeightBits, train["grid@bits=2"].WeightBits));
        Assert.Equal(32, Parse("", ", \"weightBits\": 32").Train["dq"].WeightBits);
        Assert.Contains("\"weightBits\" should be from 8 to 8, or 32, not 16", Assert.Throws<DqException>(() => Parse("", ", \"weightBits\": 16")).Message, StringComparison.Ordinal);
    }
}
