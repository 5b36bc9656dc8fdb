using System.Text;

namespace DQPipeline.Declarations.Tests;

public class PipelineFileTests
{
    private const string Small = """
        {
          "datasets": { "street": { "kind": "street-digits" } },
          "train": {
            "full": { "dataset": "street" },
            "dq": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 1e-3 } }
          },
          "evaluate": { "robustness": { "models": ["full", "dq"], "attacks": ["pgd"], "epsilon": [2, 8],
            "gates": [ { "model": "dq", "attack": "pgd", "epsilon": 2, "atLeast": 0.4 } ] } }
        }
        """;

    internal static PipelineDeclaration Parse(string json, params string[] overrides) =>
        PipelineFile.Parse(Encoding.UTF8.GetBytes(json), "dq.json", "/home/someone/project", overrides, name => name == "DATA" ? "/data" : null);

    private static string Complaints(string json, params string[] overrides) =>
        string.Join("\n", Assert.Throws<DqException>(() => Parse(json, overrides)).Diagnostics);

    [Fact]
    public void Options_that_are_not_written_take_their_documented_defaults()
    {
        var full = Parse(Small).Train["full"];
        Assert.Equal(("vgg-s", 10, 128, 2019, 32, 0.0), (full.Network, full.Epochs, full.Batch, full.Seed, full.Activation.Bits, full.Lipschitz.Beta));
    }

    [Theory]
    [InlineData("""{ "cache": { "remote": "a\u0000b" } }""", "dq.json(1,24): error DQ1004:")]
    [InlineData("""{ "datasets": { "d": { "kind": "idx", "path": "a\u0000b" } } }""", "dq.json(1,47): error DQ1004:")]
    public void A_path_that_no_system_can_have_is_an_error_with_its_place(string json, string expected)
    {
        var complaint = Complaints(json);
        Assert.StartsWith(expected, complaint, StringComparison.Ordinal);
        Assert.Contains("NUL", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_is_what_is_declared_of_it()
    {
        var cache = Parse("""{ "cache": { "remote": "https://cache.example/dq", "write": false, "trust": "signed", "keys": ["first", "second"] } }""").Cache;
        Assert.Equal(("https://cache.example/dq", false, "signed"), (cache.Remote, cache.Write, cache.Trust));
        Assert.Equal(["first", "second"], cache.Keys);
        var other = Parse("""{ "cache": "shared" }""").Cache;
        Assert.Equal(("/home/someone/project/shared", true, "any"), (other.Remote, other.Write, other.Trust));
        Assert.Empty(other.Keys);
    }

    [Theory]
    [InlineData("""{ "cache": { "remote": "https://ada:1815@cache.example/dq" } }""", "dq.json(1,12): error DQ1004: \"remote\": credentials do not belong here; set DQ_CACHE_USER and DQ_CACHE_PASSWORD, or DQ_CACHE_TOKEN")]
    [InlineData("""{ "cache": { "remote": "https://cache.example/dq", "trust": "signed" } }""", "dq.json(1,12): error DQ1004: \"trust\": signed results need \"keys\" to be held against; `dq cache key` makes a pair")]
    [InlineData("""{ "cache": { "trust": "some" } }""", "dq.json(1,23): error DQ1004")]
    public void A_cache_that_cannot_be_is_an_error_at_its_place(string json, string expected) => Assert.StartsWith(expected, Complaints(json), StringComparison.Ordinal);

    [Fact]
    public void Weight_decay_is_off_by_default_exactly_where_the_penalty_is_on()
    {
        var train = Parse(Small).Train;
        Assert.Equal(5e-4, train["full"].Optimizer.WeightDecay);
        Assert.Equal(0, train["dq"].Optimizer.WeightDecay);
        Assert.Equal(1e-4, Parse(Small, "train.dq.optimizer.weightDecay=1e-4").Train["dq"].Optimizer.WeightDecay);
    }

    [Theory]
    [InlineData("wrn-16-4", "0", "sum")]
    [InlineData("wrn-16-4", "3e-4", "convex")]
    [InlineData("resnet-18", "0", "sum")]
    [InlineData("resnet-18", "3e-4", "convex")]
    [InlineData("vgg-s", "3e-4", "sum")]
    [InlineData("vgg-16", "3e-4", "sum")]
    public void Residual_sums_are_convex_by_default_exactly_where_there_are_some_and_the_penalty_is_on(string network, string beta, string expected)
    {
        string[] options = [$"train.dq.network={network}", $"train.dq.lipschitz.beta={beta}"];
        Assert.Equal(expected, Parse(Small, options).Train["dq"].Residual);
        // What is written stands.
        Assert.Equal("sum", Parse(Small, [.. options, "train.dq.residual=sum"]).Train["dq"].Residual);
        if (!network.StartsWith("vgg", StringComparison.Ordinal))
            Assert.Equal("convex", Parse(Small, [.. options, "train.dq.residual=convex"]).Train["dq"].Residual);
    }

    [Theory]
    [InlineData("relu6", 0, 6)]
    [InlineData("relu1", 0, 1)]
    [InlineData("tanh", -1, 1)]
    public void An_activation_knows_its_range(string kind, double lowest, double highest)
    {
        var activation = Parse(Small, $"train.dq.activation.kind={kind}").Train["dq"].Activation;
        Assert.Equal((kind, lowest, highest), (activation.Kind, activation.LowerBound, activation.Bound));
    }

    [Fact]
    public void Without_a_word_no_defence_is_used()
    {
        var pipeline = Parse(Small);
        var (full, evaluation) = (pipeline.Train["full"], pipeline.Evaluate["robustness"]);
        Assert.Equal((0, 1, false), (full.Squeeze.Bits, full.Squeeze.Median, full.Squeeze.IsActive));
        Assert.Equal(("none", 0.0, 8.0, 1.0, 0, 1.0, "uniform", false), (
            full.Adversarial.Kind, full.Adversarial.Epsilon, full.Adversarial.Delta, full.Adversarial.Alpha, full.Adversarial.Steps, full.Adversarial.Share, full.Adversarial.Start,
            full.Adversarial.IsActive));
        Assert.False(evaluation.Detector.IsActive);
    }

    [Fact]
    public void Defences_are_declared_inherited_and_spread_by_a_matrix_as_every_option_is()
    {
        const string json = """
            { "datasets": { "street": { "kind": "street-digits" } },
              "train": { "squeezed": { "dataset": "street", "squeeze": { "bits": 5, "median": 2 } },
                         "madry": { "extends": "squeezed", "adversarial": { "kind": "pgd", "epsilon": 8, "alpha": 2, "steps": 7 } },
                         "grid": { "extends": "squeezed", "matrix": { "squeeze.bits": [1, 8], "adversarial.kind": ["none", "r+fgsm"] } } },
              "evaluate": { "e": { "models": ["madry"], "detector": { "bits": 5, "median": 2 } } } }
            """;
        var pipeline = Parse(json, "train.madry.adversarial.share=0.5");
        var madry = pipeline.Train["madry"];
        Assert.Equal(new SqueezeDeclaration { Bits = 5, Median = 2 }, madry.Squeeze);
        Assert.Equal(new AdversarialDeclaration { Kind = "pgd", Epsilon = 8, Alpha = 2, Steps = 7, Share = 0.5 }, madry.Adversarial);
        Assert.Equal((8, 2, "r+fgsm"), (pipeline.Train["grid@bits=8,kind=r+fgsm"].Squeeze.Bits, pipeline.Train["grid@bits=8,kind=r+fgsm"].Squeeze.Median, pipeline.Train["grid@bits=8,kind=r+fgsm"].Adversarial.Kind));
        Assert.Equal(new SqueezeDeclaration { Bits = 5, Median = 2 }, pipeline.Evaluate["e"].Detector);
    }

    [Fact]
    public void Digits_are_not_mirrored_and_natural_images_are()
    {
        const string json = """
            { "datasets": { "street": { "kind": "street-digits" }, "photos": { "kind": "image-folder", "path": "photos" }, "svhn": { "kind": "svhn", "path": "s" }, "cifar": { "kind": "cifar-100", "path": "c" } },
              "train": { "a": { "dataset": "street" }, "b": { "dataset": "photos" }, "c": { "dataset": "photos", "augment": { "flip": false } }, "d": { "dataset": "svhn" }, "e": { "dataset": "cifar" } } }
            """;
        Assert.Equal(["b", "e"], Parse(json).Train.Where(train => train.Value.Augment.Flip).Select(train => train.Key).Order());
    }

    [Fact]
    public void Extends_merges_inner_objects_member_by_member()
    {
        var dq = Parse(Small.Replace("\"full\": { \"dataset\": \"street\" }", "\"full\": { \"dataset\": \"street\", \"epochs\": 3, \"activation\": { \"kind\": \"relu1\" } }", StringComparison.Ordinal)).Train["dq"];
        Assert.Equal((3, "relu1", 4), (dq.Epochs, dq.Activation.Kind, dq.Activation.Bits));
    }

    [Fact]
    public void A_matrix_is_one_target_for_every_combination_in_the_order_of_the_file()
    {
        const string json = """
            { "datasets": { "street": { "kind": "street-digits" } },
              "train": { "grid": { "dataset": "street", "matrix": { "activation.bits": [1, 4], "lipschitz.beta": [0, 3e-4] } } },
              "evaluate": { "e": { "models": ["grid"], "gates": [ { "model": "grid", "atLeast": 0.1 } ] } } }
            """;
        var pipeline = Parse(json);
        string[] names = ["grid@bits=1,beta=0", "grid@bits=1,beta=0.0003", "grid@bits=4,beta=0", "grid@bits=4,beta=0.0003"];
        Assert.Equal(names, pipeline.Train.Keys);
        Assert.Equal((4, 3e-4), (pipeline.Train[names[3]].Activation.Bits, pipeline.Train[names[3]].Lipschitz.Beta));
        Assert.Equal(names, pipeline.Evaluate["e"].Models);
        Assert.Equal(names, pipeline.Evaluate["e"].Gates.Select(gate => gate.Model));
    }

    [Fact]
    public void Matrix_axes_that_end_alike_keep_their_whole_paths()
    {
        const string json = """
            { "datasets": { "street": { "kind": "street-digits" } },
              "train": { "g": { "dataset": "street", "matrix": { "schedule.kind": ["step"], "activation.kind": ["relu1"] } } } }
            """;
        Assert.Equal("g@schedule.kind=step,activation.kind=relu1", Assert.Single(Parse(json).Train.Keys));
    }

    [Fact]
    public void A_matrix_is_ten_thousand_models_at_most()
    {
        Assert.Equal(10_000, Parse(Grid(epochs: 100)).Train.Count);
        var complaint = Assert.Single(Assert.Throws<DqException>(() => Parse(Grid(epochs: 101))).Diagnostics);
        Assert.Equal("dq.json(2,52): error DQ1004: \"matrix\": its axes make 10100 models, and 10000 is the most; leave out values or axes", complaint.ToString());

        static string Grid(int epochs) => $$"""
            { "datasets": { "street": { "kind": "street-digits" } },
              "train": { "g": { "dataset": "street", "matrix": { "seed": [{{string.Join(',', Enumerable.Range(1, 100))}}], "epochs": [{{string.Join(',', Enumerable.Range(1, epochs))}}] } } } }
            """;
    }

    [Theory]
    [InlineData("a.b.c.d.e.f.g.h", "dq.json(1,99): error DQ1002: unknown key \"a\"")]
    [InlineData("a.b.c.d.e.f.g.h.i", "dq.json(1,99): error DQ1004: \"matrix\": a path has 8 keys at most, and this one has 9")]
    public void An_axis_has_a_path_of_eight_keys_at_most(string path, string expected)
    {
        var json = $$"""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "g": { "dataset": "s", "matrix": { "{{path}}": [1] } } } }""";
        Assert.StartsWith(expected, Complaints(json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, false, null)]
    [InlineData(100, true, null)]
    [InlineData(101, false, "dq.json(103,22): error DQ1004: \"extends\": entries extend one another over more than 100 levels; let some of them extend an entry further up")]
    [InlineData(101, true, "dq.json(102,20): error DQ1004: \"extends\": entries extend one another over more than 100 levels; let some of them extend an entry further up")]
    public void Entries_extend_one_another_over_a_hundred_levels_at_most_in_whatever_order_they_stand(int levels, bool lastFirst, string? expected)
    {
        var entries = Enumerable.Range(1, levels).Select(i => $"\"e{i}\": {{ \"extends\": \"e{i - 1}\" }}").Prepend("\"e0\": { \"dataset\": \"s\", \"epochs\": 3 }").ToList();
        if (lastFirst)
            entries.Reverse();
        var json = "{ \"datasets\": { \"s\": { \"kind\": \"street-digits\" } }, \"train\": {\n" + string.Join(",\n", entries) + " } }";
        if (expected is null)
            Assert.Equal(3, Parse(json).Train[$"e{levels}"].Epochs);
        else
            Assert.Equal(expected, Complaints(json));
    }

    [Fact]
    public void Overrides_lie_over_the_file_before_extends_and_may_be_words_or_json()
    {
        var pipeline = Parse(Small, "train.full.network=wrn-16-4", "seed=7", "train.full.schedule={\"kind\":\"step\"}");
        Assert.Equal(("wrn-16-4", 7, "step"), (pipeline.Train["dq"].Network, pipeline.Train["dq"].Seed, pipeline.Train["dq"].Schedule.Kind));
    }

    [Fact]
    public void Paths_are_relative_to_the_file_and_take_environment_variables()
    {
        const string json = """
            { "datasets": { "a": { "kind": "cifar-10", "path": "../cifar" }, "b": { "kind": "cifar-10", "path": "${DATA}/x" }, "c": { "kind": "cifar-10", "path": "${NONE:-y}" } } }
            """;
        Assert.Equal(
            ["/home/someone/cifar", "/data/x", "/home/someone/project/y"],
            Parse(json).Datasets.Values.Select(dataset => ((StoredDatasetDeclaration)dataset).Path));
    }

    [Theory]
    [InlineData("""{ "train": """, "dq.json(1,12): error DQ1001")]
    [InlineData("", "dq.json(1,1): error DQ1001")]
    [InlineData("{\n<<<<<<< HEAD\n}", "dq.json(2,1): error DQ1001: a merge conflict is not resolved here")]
    [InlineData("[]", "dq.json(1,1): error DQ1003")]
    [InlineData("{\n  \"sed\": 1\n}", "dq.json(2,3): error DQ1002: unknown key \"sed\"; did you mean \"seed\"?")]
    [InlineData("""{ "seed": "x" }""", "dq.json(1,11): error DQ1003: \"seed\" should be a whole number, not the text \"x\"")]
    [InlineData("""{ "seed": 1.5 }""", "dq.json(1,11): error DQ1003: \"seed\" should be a whole number, not 1.5")]
    [InlineData("""{ "threads": 0 }""", "dq.json(1,14): error DQ1004: \"threads\" should be from 1 to 256, not 0")]
    [InlineData("""{ "seed": 1, "seed": 2 }""", "dq.json(1,14): error DQ1007: \"seed\" already stands at line 1")]
    [InlineData("""{ "datasets": { "a": {} } }""", "dq.json(1,22): error DQ1008: \"kind\" is missing")]
    [InlineData("""{ "datasets": { "a": { "kind": "cifar10" } } }""", "did you mean \"cifar-10\"?")]
    [InlineData("""{ "datasets": { "a": { "kind": "cifar-10" } } }""", "dq.json(1,22): error DQ1008: \"path\" is missing")]
    [InlineData("""{ "datasets": { "a": { "kind": "cifar-10", "path": "${NONE}" } } }""", "dq.json(1,52): error DQ1013")]
    [InlineData("""{ "datasets": { "a": { "kind": "svhn", "path": "p", "extra": 1 } } }""", "DQ1003: \"extra\" should be true or false, not 1")]
    [InlineData("""{ "datasets": { "a": { "kind": "cifar-100", "path": "p", "labels": "course" } } }""", "DQ1004: \"labels\": \"course\" is not one of fine, coarse; did you mean \"coarse\"?")]
    [InlineData("""{ "datasets": { "a b": { "kind": "street-digits" } } }""", "dq.json(1,17): error DQ1009")]
    [InlineData("""{ "train": { "a": { "dataset": "none" } } }""", "dq.json(1,32): error DQ1005: no data set is called \"none\"")]
    [InlineData("""{ "train": { "a": { "extends": "a", "dataset": "d" } } }""", "dq.json(1,32): error DQ1006: entries extend one another in a circle: a → a")]
    [InlineData("""{ "train": { "a": { "extends": "b" }, "b": { "extends": "a" } } }""", "error DQ1006: entries extend one another in a circle: a → b → a")]
    [InlineData("""{ "train": { "aab": { "extends": "aac" }, "aad": {} } }""", "DQ1005: train has no \"aac\"; did you mean \"aad\"?")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "activation": { "bits": 9 } } } }""", "DQ1004: \"bits\" should be from 1 to 8, or 32, not 9")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": "wrn-17-4" } } }""", "DQ1004: \"network\": a Wide ResNet's depth is 6n + 4")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": "vgg-d" } } }""", "did you mean \"vgg-s\"?")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": "resnet-19" } } }""", "is not vgg-s, vgg-16, resnet-18, wrn-D-K or a list of layers; did you mean \"resnet-18\"?")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8", "maxpol", "linear"] } } } }""", "dq.json(1,121): error DQ1004: \"network\": layer 2 of the network: \"maxpol\" is no layer")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8", "conv 8 4x4", "linear"] } } } }""", "layer 2 of the network: \"conv 8 4x4\": kernels are 1x1, 3x3, 5x5 or 7x7")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8", "block 8 5x5", "linear"] } } } }""", "\"block 8 5x5\": the kernels of a block are 3x3")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 0", "linear"] } } } }""", "layer 1 of the network: \"conv 0\": a layer has 1 to 4096 channels")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8 /9", "linear"] } } } }""", "a step is from /1 to /4")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": [] } } } }""", "a network has layers")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8", 3, "linear"] } } } }""", "dq.json(1,121): error DQ1003: \"layers\" should be a list of texts, not 3")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layer": [] } } } }""", "DQ1003: \"network\" should be a name or")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8", "linear"], "bias": true } } } }""", "error DQ1002: \"bias\" is no key of a network")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": { "layers": ["conv 8 /4", "conv 8 /4", "maxpool", "maxpool", "linear"] } } } }""", "dq.json(1,148): error DQ1004: \"network\": layer 4 of the network: \"maxpool\" halves a map, and images of this data set come here as one of 1 pixel")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "network": "conv 8, linear", "residual": "convex" } } }""", "the network has no residual sums that could be convex")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "epochs": 0 } } }""", "DQ1004: \"epochs\": 0 trains nothing")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "weights": { "path": "w", "mean": 0.5 } } } }""", "\"mean\" and \"std\" have one number for each channel, both of them")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "weights": { "path": "w", "names": { "conv1": 1 } } } } }""", "DQ1003: \"names\" should be an object with texts, not 1")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "weights": "${NONE}" } } }""", "error DQ1013")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "lipschitz": { "delay": 0.7, "warmup": 0.5 } } } }""", "dq.json(1,100): error DQ1004: \"delay\" and \"warmup\" are shares of one training")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "residual": "convex" } } }""", "dq.json(1,99): error DQ1004: \"residual\": vgg-s has no residual sums")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "residual": "convx" } } }""", "DQ1004: \"residual\": \"convx\" is not one of sum, convex; did you mean \"convex\"?")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "activation": { "kind": "tahn" } } } }""", "\"tahn\" is not tanh or relu with a bound from 0.1 to 99.99, as in relu6 or relu2.5; did you mean \"tanh\"?")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "squeeze": { "bits": 9 } } } }""", "DQ1004: \"bits\" should be from 0 to 8, not 9")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "squeeze": { "median": 0 } } } }""", "DQ1004: \"median\" should be from 1 to 9, not 0")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "squeeze": true } } }""", "DQ1003: \"squeeze\" should be an object, not true")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "adversarial": { "kind": "rfgsm" } } } }""", "\"rfgsm\" is not one of none, fgsm, r+fgsm, pgd")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "adversarial": { "delta": 200 } } } }""", "DQ1004: \"delta\" should be from 0.001 to 127.5, not 200")]
    [InlineData("""{ "datasets": { "s": { "kind": "street-digits" } }, "train": { "a": { "dataset": "s", "adversarial": { "share": 0 } } } }""", "DQ1004: \"share\" should be from 0.01 to 1, not 0")]
    [InlineData("""{ "evaluate": { "e": { "models": ["x"], "detector": { "colours": 5 } } } }""", "DQ1002: unknown key \"colours\"")]
    [InlineData("""{ "evaluate": { "e": { "models": ["x"] } } }""", "dq.json(1,35): error DQ1005: no model is called \"x\"")]
    [InlineData("""{ "evaluate": { "e": { "models": [], "attacks": ["fgms"] } } }""", "\"fgms\" is not one of random, fgsm, r+fgsm, bim, pgd, apgd-ce, apgd-dlr, apgd-t, fab-t, square, autoattack; did you mean \"fgsm\"?")]
    [InlineData("""{ "evaluate": { "e": { "models": [], "attacks": ["pgd", { "kind": "pgd", "steps": 50 }] } } }""", "dq.json(1,57): error DQ1007: two attacks are called \"pgd\"")]
    [InlineData("""{ "executors": "slurm" }""", "dq.json(1,16): error DQ1003: \"executors\" should be an object")]
    [InlineData("""{ "executors": { "slurm": { "partitoin": "gpu" } } }""", "unknown key \"partitoin\"; did you mean \"partition\"?")]
    [InlineData("""{ "executors": { "slurm": { "partition": "gpu fast" } } }""", "dq.json(1,42): error DQ1004: \"partition\": should be a partition's name, not \"gpu fast\"")]
    [InlineData("""{ "executors": { "slurm": { "time": "2h" } } }""", "DQ1004: \"time\": should be minutes, H:MM:SS or D-HH:MM:SS, not \"2h\"")]
    [InlineData("""{ "executors": { "slurm": { "memory": "16 GB" } } }""", "DQ1004: \"memory\": should be a number with K, M, G or T, not \"16 GB\"")]
    [InlineData("""{ "executors": { "slurm": { "gpus": -1 } } }""", "DQ1004: \"gpus\" should be from 0 to 64, not -1")]
    [InlineData("""{ "executors": { "slurm": { "options": ["-A vision"] } } }""", "DQ1004: \"options\": \"-A vision\" is no option of sbatch with its value")]
    public void Bad_input_is_a_coded_error_at_its_place(string json, string expected) => Assert.Contains(expected, Complaints(json), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_not_utf8_are_a_coded_error()
    {
        byte[] json = [.. "{ \"a\": \""u8, 0xFF, 0xFE, .. "\" }"u8];
        var failure = Assert.Throws<DqException>(() => PipelineFile.Parse(json, "dq.json", "/", [], _ => null));
        Assert.Equal("DQ1001", Assert.Single(failure.Diagnostics).Code);
    }

    [Fact]
    public void Columns_count_characters_and_not_bytes() =>
        Assert.Contains("dq.json(1,15): error DQ1002", Complaints("{ /* äöü 😀 */ \"x\": 1 }"), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_of_a_file_are_told_at_once_in_its_order()
    {
        var codes = Assert.Throws<DqException>(() => Parse("{ \"seed\": -1,\n \"threads\": true,\n \"x\": 0 }")).Diagnostics.Select(d => (d.Code, d.Place!.Value.Line));
        Assert.Equal([("DQ1004", 1), ("DQ1003", 2), ("DQ1002", 3)], codes);
    }

    [Fact]
    public void Naming_an_entry_that_is_itself_wrong_is_no_second_mistake() =>
        Assert.DoesNotContain("DQ1005", Complaints("""{ "datasets": { "s": { "kind": "street-digits", "train": 1 } }, "train": { "a": { "dataset": "s" } } }"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("pgd", 4, "does not measure pgd at ε = 4")]
    [InlineData("fgsm", 2, "does not measure fgsm at ε = 2")]
    [InlineData("clean", 2, "does not measure clean at ε = 2")]
    public void A_gate_on_what_is_not_measured_is_an_error(string attack, int epsilon, string expected) =>
        Assert.Contains(expected, Complaints(Small.Replace("\"attack\": \"pgd\", \"epsilon\": 2", $"\"attack\": \"{attack}\", \"epsilon\": {epsilon}", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("train.dq", "is no assignment")]
    [InlineData("train..x=1", "is no assignment")]
    [InlineData("a.b.c.d.e.f.g.h.i=1", "--set: error DQ1011: a path has 8 keys at most, and this one has 9; write --set path=value")]
    [InlineData("a.b.c.d.e.f.g.h=1", "error DQ1002: unknown key \"a\"")]
    [InlineData("train.dp.epochs=1", "train has no \"dp\"; did you mean \"dq\"?")]
    [InlineData("train.dq.epoch=1", "unknown key \"epoch\"; did you mean \"epochs\"?")]
    public void A_bad_override_is_a_coded_error(string assignment, string expected) => Assert.Contains(expected, Complaints(Small, assignment), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_says_what_to_do() =>
        Assert.Contains("DQ1010: there is no dq.json here; `dq init` writes one", Assert.Throws<DqException>(() => PipelineFile.Load("/nowhere/dq.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Gates_know_their_line() => Assert.Equal(8, Parse(Small).Evaluate["robustness"].Gates[0].Place.Line);
}
