using System.Text.Json.Nodes;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Tests;

/// <summary>Model cards: what they say, and when they say it anew.</summary>
public class ModelCardTests
{
    private static Bench Packaged(double atLeast = 0)
    {
        var bench = new Bench();
        bench.UsePackage();
        Demand(bench, atLeast);
        return bench;
    }

    private static void Demand(Bench bench, double atLeast) => bench.UseGates(new GateDeclaration { Model = "int8", Attack = "pgd", Epsilon = 2, AtLeast = atLeast });

    private static string Card(Bench bench) => File.ReadAllText(bench.Workspace.OutputPath("app", PackageTarget.CardFile));

    private static JsonNode Bom(Bench bench) => JsonNode.Parse(File.ReadAllText(bench.Workspace.OutputPath("app", PackageTarget.BomFile)))!;

    private static JsonNode Component(Bench bench) => Bom(bench)["metadata"]!["component"]!;

    private static Dictionary<string, string> Properties(JsonNode of) => of["properties"]!.AsArray().ToDictionary(p => (string)p!["name"]!, p => (string)p!["value"]!);

    [Fact]
    public async Task Card_and_bill_say_with_whose_weights_the_training_began()
    {
        using var bench = Packaged();
        bench.ChangeModel("dq", model => model with { Weights = new() { From = "full" } });
        await bench.BuildAsync();
        Assert.Contains("the integer model int8, made of the trained model dq, which began with the weights of full, trained on street-digits", Card(bench), StringComparison.Ordinal);
        var targets = JsonNode.Parse(bench.LockBytes())!["targets"]!;
        Assert.Equal(
            ((string[])["train/dq", "train/full"]).Select(id => (id, (string?)targets[id]!["outputs"]!["model.safetensors"]!["sha256"])),
            Component(bench)["pedigree"]!["ancestors"]!.AsArray().Select(ancestor => ((string)ancestor!["bom-ref"]!, (string?)ancestor["hashes"]![0]!["content"])));

        // A trained model that is packaged itself descends only from what it began with.
        bench.Change(p => p with { Package = new Dictionary<string, PackageDeclaration> { ["app"] = new() { Name = "app", Group = "app", Model = "dq", Place = new("dq.json", 30, 3) } } });
        await bench.BuildAsync();
        Assert.Equal(["train/full"], Component(bench)["pedigree"]!["ancestors"]!.AsArray().Select(ancestor => (string)ancestor!["bom-ref"]!));
    }

    [Fact]
    public async Task The_bill_says_what_was_declared_recorded_and_measured()
    {
        using var bench = Packaged();
        var result = await bench.BuildAsync();
        var component = Component(bench);
        var targets = JsonNode.Parse(bench.LockBytes())!["targets"]!;
        Assert.Equal(("machine-learning-model", "app"), ((string?)component["type"], (string?)component["name"]));
        Assert.Equal((string?)targets["quantize/int8"]!["outputs"]!["model.onnx"]!["sha256"], (string?)component["hashes"]![0]!["content"]);
        Assert.Equal((string?)targets["train/dq"]!["outputs"]!["model.safetensors"]!["sha256"], (string?)component["pedigree"]!["ancestors"]![0]!["hashes"]![0]!["content"]);
        Assert.Equal(
            ["model.json", "model.onnx", "model.zip"],
            component["components"]!.AsArray().Select(file =>
            {
                var name = (string)file!["name"]!;
                Assert.Equal(("SHA-256", (string?)targets["package/app"]!["outputs"]![name]!["sha256"]), ((string?)file["hashes"]![0]!["alg"], (string?)file["hashes"]![0]!["content"]));
                return name;
            }));
        var card = component["modelCard"]!;
        Assert.Equal(
            ["clean images", "fgsm at ε = 2 of 255", "fgsm at ε = 8 of 255", "pgd at ε = 2 of 255", "pgd at ε = 8 of 255", "worst case of all attacks at ε = 2 of 255", "worst case of all attacks at ε = 8 of 255"],
            card["quantitativeAnalysis"]!["performanceMetrics"]!.AsArray().Select(metric => ((string)metric!["slice"]!)["robustness: ".Length..]));
        foreach (var (metric, record) in card["quantitativeAnalysis"]!["performanceMetrics"]!.AsArray().Zip(result.Metrics.Where(metric => metric.Model == "int8")))
        {
            var (low, high) = WilsonInterval.Of(record.Correct, record.Samples);
            Assert.Equal("accuracy", (string?)metric!["type"]);
            Assert.Equal(record.Correct / 100.0, double.Parse((string)metric["value"]!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal([low, high], ((string[])["lowerBound", "upperBound"]).Select(end => double.Parse((string)metric["confidenceInterval"]![end]!, System.Globalization.CultureInfo.InvariantCulture)));
        }

        var parameters = card["modelParameters"]!;
        Assert.Equal(("supervised", "image classification"), ((string?)parameters["approach"]!["type"], (string?)parameters["task"]));
        Assert.Equal(("convolutional neural network", "vgg-s", "street"), ((string?)parameters["architectureFamily"], (string?)parameters["modelArchitecture"], (string?)parameters["datasets"]![0]!["name"]));
        Assert.Equal(("image, 3×32×32, float32 in [0, 1]", "scores of 2 classes: zero, one|two"), ((string?)parameters["inputs"]![0]!["format"], (string?)parameters["outputs"]![0]!["format"]));
        Assert.Equal("Of 10 clean images the integer model classifies 8 rightly and the trained one 8; on 9 both say the same.", (string?)card["considerations"]!["performanceTradeoffs"]![0]);
        Assert.Equal("passed: at least 0.0 % demanded", Properties(card)["dq:gate:robustness/int8/pgd@2"]);
        Assert.Equal("kind pgd, steps 0, alpha 1, start uniform, restarts 1", Properties(card)["dq:attack:robustness/pgd"]);
        var properties = Properties(component);
        Assert.Equal((string?)targets["package/app"]!["key"], properties["dq:key"]);
        Assert.Equal(((string?)targets["quantize/int8"]!["key"], (string?)targets["train/dq"]!["key"]), (properties["dq:model:key"], properties["dq:trained:key"]));
        Assert.Equal(("0.001", "mse"), (properties["dq:train:lipschitz.beta"], properties["dq:quantize:calibration.method"]));
    }

    [Fact]
    public async Task People_read_the_same()
    {
        using var bench = Packaged();
        bench.Executor.Correct = (_, _) => 40;
        await bench.BuildAsync();
        // 40 of 100 has the 95 % interval 30.94 to 49.80 %; the clean images of the integer model are measured on itself.
        string[] expected =
        [
            "# app", "| model | the integer model int8, made of the trained model dq |", "| output | scores of 2 classes: zero, one\\|two |", "| robustness: clean images | 100 | 40.0 % | 30.94 % to 49.8 % |",
            "| robustness/int8/pgd@2 | at least 0.0 % | passed |", "| robustness/pgd | kind pgd, steps 0, alpha 1, start uniform, restarts 1 |",
            "- An integer model has no gradient: its white-box attacks were made on dq, and rounded to 8-bit pixels.", "| lipschitz.beta | 0.001 |",
        ];
        Assert.Equal([], expected.Except(Card(bench).Split('\n')));
    }

    [Fact]
    public async Task They_are_no_outputs_and_stand_in_no_lock()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        Assert.DoesNotContain("card", System.Text.Encoding.UTF8.GetString(bench.LockBytes()), StringComparison.Ordinal);
        Assert.Equal(["model.json", "model.onnx", "model.zip"], JsonNode.Parse(bench.LockBytes())!["targets"]!["package/app"]!["outputs"]!.AsObject().Select(output => output.Key));
    }

    [Fact]
    public async Task A_build_with_nothing_to_do_leaves_them_alone_and_equal_builds_write_equal_ones()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        var (card, bom) = (Card(bench), Bom(bench).ToJsonString());
        var time = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var name in new[] { PackageTarget.CardFile, PackageTarget.BomFile })
            File.SetLastWriteTimeUtc(bench.Workspace.OutputPath("app", name), time);
        Bench.AllUpToDate(await bench.BuildAsync());
        foreach (var name in new[] { PackageTarget.CardFile, PackageTarget.BomFile })
            Assert.Equal(time, File.GetLastWriteTimeUtc(bench.Workspace.OutputPath("app", name)));
        using var other = Packaged();
        await other.BuildAsync();
        Assert.Equal((card, bom), (Card(other), Bom(other).ToJsonString()));
    }

    [Fact]
    public async Task What_was_remembered_of_them_saves_work_and_decides_nothing()
    {
        using var bench = Packaged();
        BuildOptions AsDeclared(BuildOptions options) => options with { AsDeclared = DeclarationMoment.Now(bench.Workspace, TimeProvider.System) };
        File.WriteAllText(bench.Workspace.DeclarationPath, "{ }");
        await bench.BuildAsync(AsDeclared);
        var (card, memory) = (bench.Workspace.OutputPath("app", PackageTarget.CardFile), Path.Combine(bench.Workspace.StateFolder, "cards"));
        var (text, remembered) = (File.ReadAllText(card), File.ReadAllText(memory));

        // Nobody composes it anew while all stands: the declarations here are not those of the file, which a card would show.
        bench.UseGates();
        Bench.AllUpToDate(await bench.BuildAsync(AsDeclared));
        Assert.Equal(text, File.ReadAllText(card));

        // One other byte in the card, in dq.json or in the memory, or something laid over dq.json, and it is.
        File.AppendAllText(card, "x");
        await bench.BuildAsync(AsDeclared);
        Assert.Contains("No gate demands", File.ReadAllText(card), StringComparison.Ordinal);
        Demand(bench, 0);
        File.AppendAllText(bench.Workspace.DeclarationPath, " ");
        await bench.BuildAsync(AsDeclared);
        Assert.Equal(text, File.ReadAllText(card));
        Assert.NotEqual(remembered, File.ReadAllText(memory));
        bench.UseGates();
        await bench.BuildAsync();
        Assert.NotEqual(text, File.ReadAllText(card));
        Demand(bench, 0);
        File.WriteAllText(memory, "damaged");
        await bench.BuildAsync(AsDeclared);
        Assert.Equal(text, File.ReadAllText(card));
    }

    [Fact]
    public async Task Another_threshold_changes_them_without_a_worker_and_another_content_has_another_number()
    {
        using var bench = Packaged();
        bench.Executor.Correct = (_, _) => 40;
        await bench.BuildAsync();
        var number = (string?)Bom(bench)["serialNumber"];
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", number);
        Demand(bench, 0.000001);
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal("passed: at least 0.0 % demanded", Properties(Component(bench)["modelCard"]!)["dq:gate:robustness/int8/pgd@2"]);
        Assert.Equal(number, (string?)Bom(bench)["serialNumber"]);
        bench.UseGates();
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Contains("No gate demands anything of it.", Card(bench), StringComparison.Ordinal);
        Assert.NotEqual(number, (string?)Bom(bench)["serialNumber"]);
    }

    [Fact]
    public async Task What_a_partial_build_was_not_about_is_said_all_the_same()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        var whole = Card(bench);
        File.Delete(bench.Workspace.OutputPath("app", PackageTarget.CardFile));
        await bench.BuildOfAsync("app");
        Assert.Equal(whole, Card(bench));
    }

    [Fact]
    public async Task A_measurement_of_another_model_is_none_of_this_one()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        bench.ChangeModel("dq", model => model with { Epochs = 3 });
        await bench.BuildOfAsync("app");
        // Only what the gate asks for was measured of the new model.
        Assert.Equal(["robustness: pgd at ε = 2 of 255"], Component(bench)["modelCard"]!["quantitativeAnalysis"]!["performanceMetrics"]!.AsArray().Select(metric => (string?)metric!["slice"]));
        Assert.Contains("- Declared, but not measured of the model as it is: robustness/int8/clean, robustness/int8/fgsm@2, robustness/int8/fgsm@8, robustness/int8/pgd@8.", Card(bench), StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_go_where_the_package_goes()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        Demand(bench, 1.0);
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(bench.Workspace.OutputPath("app", "any"))!));
        Demand(bench, 0);
        await bench.BuildAsync();
        Assert.NotEmpty(Card(bench));
        Cleaning.Run(bench.Workspace, CleanScope.Outputs);
        Assert.False(File.Exists(bench.Workspace.OutputPath("app", PackageTarget.CardFile)));
        bench.BecomeCleanClone();
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.False(Directory.Exists(bench.Workspace.OutFolder));
    }

    [Fact]
    public async Task One_that_cannot_be_written_fails_the_build()
    {
        using var bench = Packaged();
        await bench.BuildAsync();
        var path = bench.Workspace.OutputPath("app", PackageTarget.CardFile);
        File.Delete(path);
        Directory.CreateDirectory(path);
        var result = await bench.BuildAsync();
        Assert.Equal((1, DiagnosticCodes.CannotWrite), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
    }

    [Theory]
    [InlineData("fgsm", "Of attacks with the model's own gradient only those of one step were measured; those of many steps do more harm.")]
    [InlineData("random", "No attack with the model's own gradient was measured.")]
    [InlineData(null, "No attack was measured: nothing is known of its robustness.")]
    public async Task It_says_what_must_not_be_concluded(string? attack, string limit)
    {
        using var bench = Packaged();
        bench.ChangeEvaluation(e => e with { Attacks = attack is null ? [] : [new() { Kind = attack, Name = attack }], Gates = [] });
        await bench.BuildAsync();
        var limits = Component(bench)["modelCard"]!["considerations"]!["technicalLimitations"]!.AsArray().Select(text => (string?)text).ToList();
        Assert.Contains(limit, limits);
        Assert.Equal(attack == "fgsm", limits.Exists(text => text!.StartsWith("An integer model has no gradient", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("which change no value of a pixel by more than ε, on", "linf")]
    [InlineData("which change an image by a Euclidean length of at most ε, on", "l2")]
    [InlineData("which change no value of a pixel by more than ε or, in L2, change an image by a Euclidean length of at most ε, on", "linf", "l2")]
    public async Task It_says_what_the_attacks_may_do_to_an_image(string reach, params string[] norms)
    {
        using var bench = Packaged();
        bench.ChangeEvaluation(e => e with { Attacks = [.. norms.Select(norm => new AttackDeclaration { Kind = "pgd", Name = norm, Norm = norm, Steps = 1 })], Gates = [] });
        await bench.BuildAsync();
        var limits = Component(bench)["modelCard"]!["considerations"]!["technicalLimitations"]!.AsArray().Select(text => (string?)text!).ToList();
        Assert.Contains(limits, text => text!.Contains(reach, StringComparison.Ordinal));
        Assert.Contains(limits, text => text!.StartsWith("Of attacks with the model's own gradient only those of one step", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_package_that_says_nothing_of_its_model_has_a_card_too()
    {
        using var bench = Packaged();
        bench.Executor.Info = "nonsense";
        await bench.BuildAsync();
        Assert.Contains("| output | scores of the classes |", Card(bench), StringComparison.Ordinal);
    }
}
