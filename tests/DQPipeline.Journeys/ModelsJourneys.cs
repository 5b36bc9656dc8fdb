using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DQPipeline.Export;
using DQPipeline.Native;
using SkiaSharp;
using TorchSharp;

namespace DQPipeline.Journeys;

/// <summary>Black-box attacks, distances and samples, from their declaration to the files that they leave.</summary>
public class ModelsJourneys
{
    private const string Declared = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 60 } },
          "train": {
            "full": { "dataset": "street", "epochs": 1 },
            "dq": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 } },
            "substitute": { "extends": "full", "network": "wrn-10-1", "seed": 3 },
          },
          SECTIONS
        }
        """;

    private static string With(string sections) => Declared.Replace("SECTIONS", sections, StringComparison.Ordinal);

    [Fact]
    public async Task Black_box_rows_stand_beside_white_box_ones_and_another_substitute_runs_them_alone()
    {
        using var folder = new Folder(With("""
            "evaluate": { "robustness": { "models": ["full", "dq"], "attacks": ["random", "fgsm"], "epsilon": [8], "samples": 60, "blackBoxFrom": "substitute",
              "gates": [
                { "model": "dq", "attack": "fgsm", "epsilon": 8, "blackBox": true, "atLeast": 0.0 }
              ] } }
            """));
        var built = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "build", "--json")).Expect(0).Output)!;
        Assert.Equal("passed", (string?)Assert.Single(built["gates"]!.AsArray())!["verdict"]);
        var metrics = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)!.AsArray();
        Assert.Equal(
            ["full clean False", "full random False", "full fgsm False", "full fgsm True", "full worst False", "dq clean False", "dq random False", "dq fgsm False", "dq fgsm True", "dq worst False"],
            metrics.Select(m => $"{m!["model"]} {m["attack"]} {(bool)m["blackBox"]!}"));
        Assert.Equal([null, null, null, "substitute"], metrics.Take(4).Select(m => (string?)m!["from"]));

        // What was recorded is what the images of `dq attack` on the substitute do to each model; wrong when clean is broken too.
        (await DqTool.RunAsync(folder.Path, "attack", "substitute", "--data", "street", "--attack", "fgsm", "--epsilon", "8", "--samples", "60", "--out", "a.npz")).Expect(0);
        foreach (var model in (string[])["full", "dq"])
            Assert.Equal(Standing(folder, model), (int)metrics.Single(m => (string?)m!["model"] == model && (bool)m["blackBox"]!)!["correct"]!);

        var paper = (await DqTool.RunAsync(folder.Path, "metrics", "--format", "markdown")).Expect(0).Output;
        Assert.Contains("|  | Clean | Random | FGSM | FGSM(B) |", paper, StringComparison.Ordinal);
        Assert.Contains("FGSM(B)", (await DqTool.RunAsync(folder.Path, "metrics", "--format", "paper")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Contains("fgsm (B) ε=8", (await DqTool.RunAsync(folder.Path, "metrics")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Equal(11, (await DqTool.RunAsync(folder.Path, "metrics", "--format", "csv")).Expect(0).Output.TrimEnd().Split('\n').Length);
        (await DqTool.RunAsync(folder.Path, "metrics", "--format", "latex")).Expect(2);

        folder.Edit("\"seed\": 3", "\"seed\": 4");
        built = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "build", "--json", "--quiet")).Expect(0).Output)!;
        Assert.Equal(
            ["train/substitute", "evaluate/robustness/full/black-box/fgsm@8", "evaluate/robustness/dq/black-box/fgsm@8"],
            built["targets"]!.AsArray().Where(t => (string?)t!["outcome"] == "built").Select(t => (string?)t!["target"]));

        folder.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        Assert.Contains("dq.json(10,5): error DQ4001: dq under black-box fgsm at ε = 8", (await DqTool.RunAsync(folder.Path, "build")).Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_starts_from_the_weights_that_another_ended_with()
    {
        // At such a rate an epoch moves next to nothing. The model that is started from is declared last.
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 60 } },
              "train": {
                "tuned": { "extends": "full", "seed": 5, "optimizer": { "learningRate": 1e-5 }, "weights": { "from": "full", "names": { "linear": "" } } },
                "taken": { "extends": "full", "epochs": 0, "weights": { "from": "full" } },
                "full": { "dataset": "street", "epochs": 1 },
              },
            }
            """);
        (await DqTool.RunAsync(folder.Path, "build", "taken", "tuned")).Expect(0);
        NativeBackend.Load();
        var (full, taken, tuned) = (Arrays("full"), Arrays("taken"), Arrays("tuned"));
        Assert.Equal(full, taken);
        Assert.InRange(Furthest("conv2.weight"), 1e-8f, 1e-4f);
        Assert.InRange(Furthest("linear.weight"), 0.01f, 10f);
        Assert.Equal(2, (await DqTool.RunAsync(folder.Path, "graph")).Expect(0).Output.Split("-->|weights|").Length - 1);

        Dictionary<string, float[]> Arrays(string model)
        {
            using var network = ModelFile.Load(folder.At(".dq", "out", model, "model.safetensors"));
            return network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.data<float>().ToArray());
        }

        float Furthest(string name) => full[name].Zip(tuned[name], (a, b) => Math.Abs(a - b)).Max();
    }

    [Fact]
    public async Task Distances_are_files_of_all_points_and_a_table()
    {
        using var folder = new Folder(With("""
            "distance": {
              "figure3a": { "models": ["full"], "epsilon": [1, 8], "samples": 20 },
              "figure3b": { "extends": "figure3a", "models": ["full", "dq", "substitute"], "at": "convolutions", "epsilon": 8 },
            },
            """));
        var ran = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Contains("figure3a: normalised distance", ran.Error, StringComparison.Ordinal);
        var points = JsonNode.Parse(File.ReadAllText(folder.At(".dq", "out", "figure3a", "distance.json")))!["points"]!.AsArray();
        Assert.Equal(["full 1 ", "full 1 3", "full 8 ", "full 8 3"], points.Select(p => $"{p!["model"]} {p["epsilon"]} {p["bits"]}"));
        Assert.All(points, p => Assert.Equal(("norm1", 1, 20), ((string?)p!["name"], (int)p["layer"]!, (int)p["samples"]!)));
        // A stronger attack moves the activation further.
        Assert.True((double)points[2]!["mean"]! > (double)points[0]!["mean"]!);

        var lines = File.ReadAllLines(folder.At(".dq", "out", "figure3b", "distance.csv"));
        Assert.Equal("model,layer,name,epsilon,bits,mean,deviation,samples", lines[0]);
        var json = JsonNode.Parse(File.ReadAllText(folder.At(".dq", "out", "figure3b", "distance.json")))!["points"]!.AsArray();
        // Six convolutions of vgg-s twice; of wrn-10-1 the first, two of each of three blocks, and two shortcuts.
        Assert.Equal(6 + 6 + 9, json.Count);
        Assert.Equal(json.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p!["model"]},{p["layer"]},{p["name"]},{p["epsilon"]},{p["bits"]},{(double)p["mean"]!:R},{(double)p["deviation"]!:R},{p["samples"]}")), lines[1..]);
        Assert.Equal(["", "4", ""], json.GroupBy(p => (string?)p!["model"]).Select(g => $"{g.First()!["bits"]}"));

        var workers = folder.Workers();
        folder.Edit("\"samples\": 20", "\"samples\": 30");
        Assert.Contains("samples: 20 → 30", (await DqTool.RunAsync(folder.Path, "status")).Expect(0).Output, StringComparison.Ordinal);
        (await DqTool.RunAsync(folder.Path, "build", "figure3a", "--quiet")).Expect(0);
        Assert.Equal(workers + 1, folder.Workers());
        // What the other one left is of 20 images still.
        var shown = (await DqTool.RunAsync(folder.Path, "metrics")).Expect(0).Error;
        Assert.Contains("figure3a: normalised distance", shown, StringComparison.Ordinal);
        Assert.Contains("figure3b (stale): normalised distance", shown, StringComparison.Ordinal);
        Assert.Contains("{{\"figure3b<br/>distance\"}}", (await DqTool.RunAsync(folder.Path, "graph")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_is_files_tables_and_a_word_where_it_is_vacuous()
    {
        using var folder = new Folder(With("""
            "certify": { "account": { "models": ["full", "dq", "substitute"], "samples": 20, "radii": [36], "tolerance": 0.1, "epsilon": 4 } },
            """));
        var ran = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Contains("account: certified L2 radii", ran.Error, StringComparison.Ordinal);
        Assert.Contains("account: the certificate of full is vacuous", ran.Error, StringComparison.Ordinal);
        var models = JsonNode.Parse(File.ReadAllText(folder.At(".dq", "out", "account", "certificate.json")))!["models"]!.AsArray();
        Assert.Equal(["full ", "dq 4", "substitute "], models.Select(m => $"{m!["model"]} {m["bits"]}"));
        foreach (var model in models)
        {
            // The radii that are told without being asked for: one value by one unit, and every value by one.
            Assert.Equal([1, 36, Math.Sqrt(3 * 32 * 32)], model!["radii"]!.AsArray().Select(r => (double)r!["radius"]!));
            Assert.True((double)model["quotient"]! is > 0 && (double)model["quotient"]! <= (double)model["logits"]!);
            Assert.All(model["layers"]!.AsArray().Where(l => l!["bound"] is not null), l => Assert.True((double)l!["bound"]! >= (double)l["estimate"]! * (1 - 1e-9)));
        }

        // Six convolutions, five of them with another one behind.
        Assert.Equal(5, models[1]!["layers"]!.AsArray().Count(l => l!["amplification"] is not null && l["quantizedAmplification"] is not null));
        Assert.All(models[0]!["layers"]!.AsArray(), l => Assert.Null(l!["quantizedDistance"]));
        Assert.Equal("model,layer,name,kind,estimate,iterations,residual,bound,path,distance,amplification,quantizedDistance,quantizedAmplification", File.ReadLines(folder.At(".dq", "out", "account", "layers.csv")).First());
        Assert.Equal(1 + 9, File.ReadAllLines(folder.At(".dq", "out", "account", "certificate.csv")).Length);
        Assert.Contains("4 targets up to date", (await DqTool.RunAsync(folder.Path, "build")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Contains("account: certified L2 radii", (await DqTool.RunAsync(folder.Path, "metrics")).Expect(0).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samples_are_images_a_picture_and_what_the_models_say()
    {
        using var folder = new Folder(With("""
            "samples": { "figure7": { "models": ["full", "dq"], "count": 4, "attack": { "kind": "pgd", "steps": 2 } } },
            """));
        var ran = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Contains("figure7: clean → adversarial", ran.Error, StringComparison.Ordinal);
        var content = JsonNode.Parse(File.ReadAllText(folder.At(".dq", "out", "figure7", "predictions.json")))!;
        var labels = content["labels"]!.AsArray().Select(l => (string?)l).ToList();
        var samples = content["samples"]!.AsArray();
        // Four of ten classes, one image each.
        Assert.Equal(4, samples.Select(s => (string?)s!["label"]).Distinct().Count());
        foreach (var answer in samples.SelectMany(s => s!["predictions"]!.AsArray()).SelectMany(p => new[] { p!["clean"]!, p["adversarial"]! }))
        {
            var probabilities = answer["probabilities"]!.AsArray().Select(p => (double)p!).ToList();
            Assert.Equal(1, probabilities.Sum(), 12);
            Assert.Equal(probabilities.Max(), (double)answer["probability"]!);
            Assert.Equal(labels[probabilities.IndexOf(probabilities.Max())], (string?)answer["label"]);
        }

        Assert.All(samples, s => Assert.Equal(["full", "dq"], s!["predictions"]!.AsArray().Select(p => (string?)p!["model"])));

        // 32×32 pixels twice as large, four apart: clean, then adversarial for each of two models.
        using var sheet = SKBitmap.Decode(folder.At(".dq", "out", "figure7", "samples.png"));
        Assert.Equal((3 * 68 + 4, 4 * 68 + 4), (sheet.Width, sheet.Height));
        var (clean, attacked) = (sheet.GetPixel(4, 4), sheet.GetPixel(72, 4));
        Assert.InRange(Math.Abs(clean.Red - attacked.Red), 0, 8);
        Assert.True(new FileInfo(folder.At(".dq", "out", "figure7", "images.npz")).Length > 4 * 32 * 32 * 3 * 9);

        var before = File.ReadAllBytes(folder.At(".dq", "out", "figure7", "samples.png"));
        (await DqTool.RunAsync(folder.Path, "clean")).Expect(0);
        var workers = folder.Workers();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        Assert.Equal(workers, folder.Workers());
        Assert.Equal(before, File.ReadAllBytes(folder.At(".dq", "out", "figure7", "samples.png")));
        (await DqTool.RunAsync(folder.Path, "build", "figure7", "--force", "--quiet")).Expect(0);
        Assert.Equal(before, File.ReadAllBytes(folder.At(".dq", "out", "figure7", "samples.png")));
    }

    /// <summary>How many images of a.npz a model gets right both when clean and when attacked.</summary>
    private static int Standing(Folder folder, string model)
    {
        NativeBackend.Load();
        using var scope = torch.NewDisposeScope();
        using var network = ModelFile.Load(folder.At(".dq", "out", model, "model.safetensors"));
        using var zip = ZipFile.OpenRead(folder.At("a.npz"));
        long[] shape = [60, 3, 32, 32];
        var clean = Says(torch.tensor(Read<byte>("x.npy"), shape, torch.ScalarType.Byte).to(torch.ScalarType.Float32) / 255);
        var attacked = Says(torch.tensor(Read<float>("x_adv.npy"), shape));
        return Read<long>("y.npy").Where((y, i) => clean[i] == y && attacked[i] == y).Count();

        long[] Says(torch.Tensor images) => network.forward(images).argmax(1).data<long>().ToArray();

        T[] Read<T>(string name)
            where T : unmanaged
        {
            using var memory = new MemoryStream();
            using (var stream = zip.GetEntry(name)!.Open())
                stream.CopyTo(memory);
            var bytes = memory.ToArray();
            return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(10 + bytes[8] + (256 * bytes[9]))).ToArray();
        }
    }
}
