namespace DQPipeline.Declarations.Tests;

/// <summary>The sections "distance", "certify" and "samples".</summary>
public class ModelsDeclarationTests
{
    private const string Models = """
        "seed": 5,
        "datasets": { "street": { "kind": "street-digits" }, "other": { "kind": "street-digits", "seed": 1 } },
        "train": {
          "dq": { "dataset": "street" },
          "elsewhere": { "dataset": "other" },
          "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 2] } }
        },
        "evaluate": { "robustness": { "models": "dq" } },
        """;

    private static PipelineDeclaration Parse(string sections) => PipelineFileTests.Parse($"{{ {Models} {sections} }}");

    private static string Complaints(string sections) => string.Join("\n", Assert.Throws<DqException>(() => Parse(sections)).Diagnostics);

    [Fact]
    public void A_distance_measures_as_the_paper_does_unless_told()
    {
        var distance = Parse(""" "distance": { "figure3a": { "models": ["dq"] } } """).Distance["figure3a"];
        Assert.Equal(("fgsm", "first-block", 3, 128, 64, 5), (distance.Attack.Kind, distance.At, distance.Bits, distance.Samples, distance.Batch, distance.Seed));
        Assert.Equal([8.0], distance.Epsilon);
    }

    [Fact]
    public void A_certificate_tells_the_usual_radii_unless_told()
    {
        var certify = Parse(""" "certify": { "account": { "models": ["dq", "grid"] } } """).Certify["account"];
        Assert.Equal(("fgsm", 8.0, 1e-3, 1000, 250, 5), (certify.Attack.Kind, certify.Epsilon, certify.Tolerance, certify.Samples, certify.Batch, certify.Seed));
        Assert.Equal([36.0, 72, 108], certify.Radii);
        Assert.Equal(["dq", "grid@bits=1", "grid@bits=2"], certify.Models);
        var told = new CertifyDeclaration { Models = ["a"], Radii = [1, 2.5], Attack = new() { Kind = "pgd", Steps = 3 }, Epsilon = 2, Tolerance = 0.01, Samples = 7, Batch = 3, Seed = 9 };
        Assert.Equal(Declaration.ToJson(told), Declaration.ToJson(Declaration.FromJson<CertifyDeclaration>(Declaration.ToJson(told))));
    }

    [Fact]
    public void A_model_that_squeezes_its_images_cannot_be_certified()
    {
        var failure = Assert.Throws<DqException>(() => PipelineFileTests.Parse("""
            { "datasets": { "street": { "kind": "street-digits" } }, "train": { "dq": { "dataset": "street", "squeeze": { "bits": 4 } } }, "certify": { "c": { "models": "dq" } } }
            """));
        Assert.Contains("DQ1004: \"models\": \"dq\" squeezes its images", string.Join("\n", failure.Diagnostics), StringComparison.Ordinal);
    }

    [Fact]
    public void A_constrained_model_has_convex_sums_and_a_loss_may_be_a_word()
    {
        var models = PipelineFileTests.Parse("""
            {
              "datasets": { "street": { "kind": "street-digits" } },
              "train": {
                "plain": { "dataset": "street", "network": "wrn-10-1" },
                "tight": { "extends": "plain", "lipschitz": { "constraint": "spectral", "of": "folded", "limit": 1.5 }, "loss": "margin" },
                "flat": { "extends": "tight", "network": "vgg-s", "loss": { "kind": "margin", "margin": 0.2 } },
              },
            }
            """).Train;
        Assert.Equal(("sum", "none", "cross-entropy"), (models["plain"].Residual, models["plain"].Lipschitz.Constraint, models["plain"].Loss.Kind));
        Assert.Equal(("convex", "spectral", 1.5, "margin", 1.0), (models["tight"].Residual, models["tight"].Lipschitz.Constraint, models["tight"].Lipschitz.Limit, models["tight"].Loss.Kind, models["tight"].Loss.Margin));
        Assert.Equal(("sum", 0.2), (models["flat"].Residual, models["flat"].Loss.Margin));
    }

    [Fact]
    public void A_defence_is_a_word_for_defaults_that_what_is_written_goes_before()
    {
        var models = PipelineFileTests.Parse("""
            {
              "datasets": { "street": { "kind": "street-digits" } },
              "train": {
                "plain": { "dataset": "street", "network": "wrn-10-1" },
                "paper": { "extends": "plain", "defense": "dq" },
                "written": { "extends": "plain", "lipschitz": { "beta": 1e-3 } },
                "plus": { "activation": { "bits": 4 }, "extends": "plain", "defense": "dq+" },
                "light": { "extends": "plus", "activation": { "kind": "relu6" }, "adversarial": { "epsilon": 1 } },
                "few": { "extends": "plus", "activation": { "bits": 2 } },
                "few-strong": { "extends": "few", "adversarial": { "epsilon": 8 } },
                "few-pgd": { "extends": "few", "adversarial": { "kind": "pgd" } },
                "none": { "extends": "plus", "defense": "none", "activation": { "bits": 32 } },
              },
            }
            """).Train;
        Assert.Equal((1e-3, "weights", 0.0, "convex"), (models["paper"].Lipschitz.Beta, models["paper"].Lipschitz.Of, models["paper"].Optimizer.WeightDecay, models["paper"].Residual));
        // The word is no option of its own: written out, it is the same model.
        Assert.Equal(Declaration.Options(models["written"]), Declaration.Options(models["paper"]));
        var (plus, light) = (models["plus"], models["light"]);
        Assert.Equal((2, "relu1.25", 1.5), (models["few"].Activation.Bits, models["few"].Activation.Kind, models["few"].Adversarial.Epsilon));
        Assert.Equal(("relu1.25", 8.0), (models["few-strong"].Activation.Kind, models["few-strong"].Adversarial.Epsilon));
        Assert.Equal(("relu1.25", "pgd", 1.5), (models["few-pgd"].Activation.Kind, models["few-pgd"].Adversarial.Kind, models["few-pgd"].Adversarial.Epsilon));
        Assert.Equal((4, "relu3", "r+fgsm", 2.0, 0.0, 5e-4), (plus.Activation.Bits, plus.Activation.Kind, plus.Adversarial.Kind, plus.Adversarial.Epsilon, plus.Lipschitz.Beta, plus.Optimizer.WeightDecay));
        Assert.Equal((4, "relu6", "r+fgsm", 1.0), (light.Activation.Bits, light.Activation.Kind, light.Adversarial.Kind, light.Adversarial.Epsilon));
        Assert.Equal(Declaration.Options(models["plain"]), Declaration.Options(models["none"]));
    }

    [Fact]
    public void An_activation_of_another_kind_keeps_its_bits_and_an_attack_of_another_kind_not_its_steps()
    {
        var models = PipelineFileTests.Parse("""
            {
              "datasets": { "street": { "kind": "street-digits" } },
              "train": {
                "two": { "dataset": "street", "activation": { "kind": "relu6", "bits": 2 }, "adversarial": { "kind": "pgd", "epsilon": 4, "steps": 5 } },
                "narrow": { "extends": "two", "activation": { "kind": "relu1" } },
                "other": { "extends": "two", "adversarial": { "kind": "r+fgsm" } },
              },
            }
            """).Train;
        Assert.Equal(("relu1", 2, 8, "pgd", 5), (models["narrow"].Activation.Kind, models["narrow"].Activation.Bits, models["narrow"].WeightBits, models["narrow"].Adversarial.Kind, models["narrow"].Adversarial.Steps));
        Assert.Equal(("r+fgsm", 2), (models["other"].Adversarial.Kind, models["other"].Activation.Bits));
        Assert.NotEqual((5, 4.0), (models["other"].Adversarial.Steps, models["other"].Adversarial.Epsilon));
    }

    [Fact]
    public void Samples_are_those_of_figure_7_unless_told()
    {
        var samples = Parse(""" "samples": { "figure7": { "models": ["dq"] } } """).Samples["figure7"];
        Assert.Equal(("fgsm", 8.0, 9, 5), (samples.Attack.Kind, samples.Epsilon, samples.Count, samples.Seed));
    }

    [Fact]
    public void An_attack_is_a_word_or_an_object_and_a_matrix_is_all_its_members()
    {
        var distance = Parse("""
            "distance": {
              "a": { "models": ["grid", "dq"], "attack": "bim", "epsilon": [1, 2] },
              "b": { "extends": "a", "at": "convolutions", "attack": { "kind": "pgd", "steps": 7 } }
            }
            """).Distance;
        Assert.Equal(("bim", 0, "pgd", 7), (distance["a"].Attack.Kind, distance["a"].Attack.Steps, distance["b"].Attack.Kind, distance["b"].Attack.Steps));
        Assert.Equal(["grid@bits=1", "grid@bits=2", "dq"], distance["b"].Models);
        Assert.Equal([1.0, 2.0], distance["b"].Epsilon);
    }

    [Fact]
    public void They_read_back_from_their_json()
    {
        var distance = new DistanceDeclaration { Models = ["a", "b"], Attack = new() { Kind = "pgd", Steps = 3 }, Epsilon = [1, 2], At = "convolutions", Bits = 2, Samples = 7, Batch = 3, Seed = 9 };
        Assert.Equal(Declaration.ToJson(distance), Declaration.ToJson(Declaration.FromJson<DistanceDeclaration>(Declaration.ToJson(distance))));
        var samples = new SamplesDeclaration { Models = ["a"], Attack = new() { Kind = "bim" }, Epsilon = 4, Count = 3, Seed = 1 };
        Assert.Equal(Declaration.ToJson(samples), Declaration.ToJson(Declaration.FromJson<SamplesDeclaration>(Declaration.ToJson(samples))));
        Assert.Contains(Declaration.Options(samples), option => option is { Key: "attack.kind", Value: "\"bim\"" });
        Assert.Contains(Declaration.Options(distance), option => option is { Key: "models", Value: "[\"a\",\"b\"]" });
    }

    [Theory]
    [InlineData(""" "distance": { "d": { "models": ["dp"] } } """, "DQ1005: no model is called \"dp\"; did you mean \"dq\"?")]
    [InlineData(""" "distance": { "d": {} } """, "DQ1008: \"models\" is missing")]
    [InlineData(""" "distance": { "d": { "models": [] } } """, "DQ1004: \"models\" should name at least one model")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "epsilon": [] } } """, "DQ1004: \"epsilon\" should have at least one number")]
    [InlineData(""" "distance": { "d": { "models": ["dq", "elsewhere"] } } """, "DQ1004: \"models\" should all be trained on one data set, not on street, other")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "at": "first" } } """, "DQ1004: \"at\": \"first\" is not one of first-block, convolutions")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "attack": 1 } } """, "DQ1003: \"attack\" should be a word or an object, not 1")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "attack": { "steps": 1 } } } """, "DQ1008: \"kind\" is missing")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "attack": { "kind": "pgd", "from": "dq" } } } """, "DQ1002: unknown key \"from\"")]
    [InlineData(""" "distance": { "d": { "models": ["dq"], "bits": 32 } } """, "DQ1004: \"bits\" should be from 1 to 8, not 32")]
    [InlineData(""" "certify": { "c": { "models": ["dq"], "radii": [1, 1] } } """, "DQ1007: 1 stands twice in \"radii\"")]
    [InlineData(""" "certify": { "c": { "models": ["dq"], "tolerance": 0 } } """, "DQ1004: \"tolerance\" should be from 1E-08 to 0.1, not 0")]
    [InlineData(""" "certify": { "dq": { "models": ["dq"] } } """, "DQ1007: \"dq\" already names a model")]
    [InlineData(""" "report": { "r": {}, "R": {} } """, "DQ1007: \"R\" and \"r\", a report, differ in case only")]
    [InlineData(""" "certify": { "Grid": { "models": ["dq"] } } """, "DQ1007: \"Grid\" and \"grid\", a model, differ in case only")]
    [InlineData(""" "certify": { "c": { "models": ["dq"] } }, "samples": { "c": { "models": ["dq"] } } """, "DQ1007: \"c\" already names a certificate")]
    [InlineData(""" "samples": { "s": { "models": ["dq"], "count": 0 } } """, "DQ1004: \"count\" should be from 1 to 1000, not 0")]
    [InlineData(""" "samples": { "s": { "models": ["dq"], "epsilon": [8] } } """, "DQ1003: \"epsilon\" should be a number")]
    [InlineData(""" "samples": { "dq": { "models": ["dq"] } } """, "DQ1007: \"dq\" already names a model")]
    [InlineData(""" "distance": { "robustness": { "models": ["dq"] } } """, "DQ1007: \"robustness\" already names an evaluation")]
    [InlineData(""" "distance": { "d": { "models": ["dq"] } }, "samples": { "d": { "models": ["dq"] } } """, "DQ1007: \"d\" already names a distance")]
    public void Bad_input_is_a_coded_error(string sections, string expected) => Assert.Contains(expected, Complaints(sections), StringComparison.Ordinal);

    [Fact]
    public void An_override_reaches_into_the_sections()
    {
        const string file = $$"""{ {{Models}} "samples": { "figure7": { "models": ["dq"] } } }""";
        Assert.Equal(4, PipelineFileTests.Parse(file, "samples.figure7.count=4").Samples["figure7"].Count);
        Assert.Contains(
            "DQ1011: \"samples.figure8.count=4\": samples has no \"figure8\"; did you mean \"figure7\"?",
            Assert.Throws<DqException>(() => PipelineFileTests.Parse(file, "samples.figure8.count=4")).Message.Replace("dq.json: ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }
}
