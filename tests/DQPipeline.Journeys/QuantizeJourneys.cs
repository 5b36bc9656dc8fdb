using System.IO.Compression;
using System.Text.Json.Nodes;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;
using DQPipeline.Tool.Working;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace DQPipeline.Journeys;

/// <summary>From a trained model to the file that ships.</summary>
public class QuantizeJourneys
{
    private const string Shipped = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 3000, "test": 400 } },
          "train": {
            "full": { "dataset": "street", "epochs": 3, "batch": 32 },
            "dq": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 } },
          },
          "quantize": {
            "dq-int8": { "model": "dq", "maxLoss": 2 },
            "ptq": { "model": "full", "maxLoss": 2 },
            "too-coarse": { "model": "full", "bits": 1, "maxLoss": 0 },
          },
          "evaluate": {
            "robustness": {
              "models": ["dq", "dq-int8", "ptq"], "attacks": ["fgsm", { "kind": "square", "queries": 30 }], "epsilon": [2], "samples": 200,
              "gates": [{ "model": "dq-int8", "attack": "fgsm", "epsilon": 2, "atLeast": 0.01 }],
            },
          },
          "package": {
            "app": { "model": "dq-int8", "formats": ["mlnet", "mlnet-stock", "onnx"], "detector": { "bits": 5, "median": 2 } },
            "floats": { "model": "full", "formats": ["mlnet"] },
          },
        }
        """;

    [Fact]
    public async Task A_model_is_trained_made_integer_gated_exported_and_used()
    {
        using var folder = new Folder(Shipped);
        var build = (await DqTool.RunAsync(folder.Path, "build", "robustness")).Expect(0);
        Assert.Contains("gate passed: dq-int8", build.Error, StringComparison.Ordinal);
        var correct = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)!.AsArray()
            .ToDictionary(metric => $"{metric!["model"]} {metric["attack"]}", metric => (int)metric!["correct"]!);
        string[] measurements = ["clean", "fgsm", "square", "worst"];
        Assert.Equal(new[] { "dq", "dq-int8", "ptq" }.SelectMany(model => measurements.Select(one => $"{model} {one}")), correct.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(correct["dq worst"], 0, Math.Min(correct["dq fgsm"], correct["dq square"]));
        // Trained on few images, but learnt; and the integer models are the trained ones, not something else: chance is 20 of 200.
        Assert.InRange(correct["dq clean"], 80, 200);
        Assert.InRange(correct["dq-int8 clean"], correct["dq clean"] - 8, correct["dq clean"] + 8);
        Assert.InRange(correct["dq-int8 fgsm"], correct["dq fgsm"] - 12, correct["dq fgsm"] + 12);
        Assert.True(correct["ptq fgsm"] < correct["ptq clean"]);
        Assert.InRange(correct["dq-int8 square"], correct["dq square"] - 12, correct["dq-int8 clean"] - 1);

        var workers = folder.Workers();
        (await DqTool.RunAsync(folder.Path, "build", "robustness")).Expect(0);
        Assert.Equal(workers, folder.Workers());
        var coarse = (await DqTool.RunAsync(folder.Path, "build", "too-coarse")).Expect(1);
        Assert.Contains("dq.json(10,", coarse.Error, StringComparison.Ordinal);
        Assert.Contains("error DQ5002", coarse.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.At(".dq", "out", "too-coarse", "model.onnx")));

        (await DqTool.RunAsync(folder.Path, "export", "dq", "--onnx", "float.onnx", "--float")).Expect(0);
        (await DqTool.RunAsync(folder.Path, "export", "full", "--onnx", "full.onnx")).Expect(0);
        await Coarse(folder);
        Assert.InRange(new FileInfo(folder.At(".dq", "out", "dq-int8", "model.onnx")).Length, 1, new FileInfo(folder.At("float.onnx")).Length * 3 / 10);

        await Attack(folder, correct["dq-int8 clean"], correct["dq-int8 square"]);
        (await DqTool.RunAsync(folder.Path, "data", "show", "street", "--out", "sheet.png")).Expect(0);
        var trained = await Predict(folder, "dq", ".dq/out/dq/model.safetensors");
        var floats = await Predict(folder, "float", "float.onnx");
        Assert.Equal((string?)trained["label"], (string?)floats["label"]);
        Assert.Equal((double)trained["score"]!, (double)floats["score"]!, 1e-3);
        Assert.Equal(1, floats["scores"]!.AsObject().Sum(score => (double)score.Value!), 1e-4);

        (await DqTool.RunAsync(folder.Path, "build", "app", "floats")).Expect(0);
        Assert.Equal(workers + 3, folder.Workers());
        Assert.Equal(File.ReadAllBytes(folder.At(".dq", "out", "dq-int8", "model.onnx")), File.ReadAllBytes(folder.At(".dq", "out", "app", "model.onnx")));
        var integer = await Predict(folder, "int8", ".dq/out/dq-int8/model.onnx");
        Assert.Equal(integer.ToJsonString(), (await Predict(folder, "zip", ".dq/out/app/model.zip")).ToJsonString());
        var full = await Predict(folder, "full", ".dq/out/full/model.safetensors");
        Assert.Equal((double)full["score"]!, (double)(await Predict(folder, "floats", ".dq/out/floats/model.zip"))["score"]!, 1e-3);
        await Stock(folder);
        (await DqTool.RunAsync(folder.Path, "build", "app", "--set", "evaluate.robustness.gates=[{\"model\":\"dq\",\"attack\":\"fgsm\",\"epsilon\":2,\"atLeast\":1}]")).Expect(3);
        Assert.False(File.Exists(folder.At(".dq", "out", "app", "model.zip")));

        var missing = (await DqTool.RunAsync(folder.Path, "predict", "dq-int8", "nothing.jpg", "sheet.png", "--json")).Expect(1);
        Assert.Contains("error DQ2001", missing.Error, StringComparison.Ordinal);
        Assert.Single(JsonNode.Parse(missing.Output)!.AsArray());

        var speeds = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "benchmark", "float.onnx", "dq-int8", "--rounds", "1", "--json")).Expect(0).Output)!.AsArray();
        Assert.Equal(["float.onnx", "dq-int8"], speeds.Select(speed => (string?)speed!["model"]));
        Assert.All(speeds, speed =>
        {
            Assert.True((double)speed!["milliseconds1"]! > 0 && (double)speed["milliseconds64"]! > 0);
            Assert.Equal(64_000 / (double)speed["milliseconds64"]!, (double)speed["imagesPerSecond"]!, 1e-6 * (double)speed["imagesPerSecond"]!);
        });

        File.WriteAllBytes(folder.At("cut.onnx"), File.ReadAllBytes(folder.At("float.onnx"))[..5000]);
        Assert.Contains("error DQ5001", (await DqTool.RunAsync(folder.Path, "predict", "cut.onnx", "sheet.png")).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stock_package_of_two_channels_is_refused()
    {
        var info = new DeployedModelInfo(["a", "b"], Channels: 2, Height: 8, Width: 8, TakesBytes: false, IsInteger: true, new Dictionary<string, string>());
        var refused = Assert.Throws<DqException>(() => StockPackage.Write("nowhere/model-stock.zip", [], info)).Diagnostics;
        Assert.StartsWith("DQ5003: the model takes images of 2 channels", $"{refused[0].Code}: {refused[0].Message}", StringComparison.Ordinal);
    }

    /// <summary>Levels of activations that were trained in full precision are those that were asked for; and where there are no images to find their ranges on, that is said.</summary>
    private static async Task Coarse(Folder folder)
    {
        (await DqTool.RunAsync(folder.Path, "export", "full", "--onnx", "8.onnx", "--bits", "8")).Expect(0);
        (await DqTool.RunAsync(folder.Path, "export", "full", "--onnx", "1.onnx", "--bits", "1")).Expect(0);
        Assert.Equal(File.ReadAllBytes(folder.At("full.onnx")), File.ReadAllBytes(folder.At("8.onnx")));
        var digits = Datasets.Load(new StreetDigitsDeclaration { Train = 10, Test = 200 }).Test;
        var floats = digits.Pixels.Select(pixel => pixel / 255f).ToArray();
        // Two levels say little of what 256 say: the model with more is right more often.
        Assert.True(Right("8.onnx") > Right("1.onnx") + 10, $"{Right("8.onnx")} and {Right("1.onnx")} of 200");

        using var elsewhere = new Folder(null);
        File.Copy(folder.At(".dq", "out", "full", "model.safetensors"), elsewhere.At("model.safetensors"));
        var refused = (await DqTool.RunAsync(elsewhere.Path, "export", "model.safetensors", "--onnx", "m.onnx")).Expect(1);
        Assert.Contains("error DQ5003: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("name them by --data, or export it with --float", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(elsewhere.At("m.onnx")));

        int Right(string file)
        {
            using var model = DeployedModel.Load(folder.At(file), new());
            var logits = new float[200 * 10];
            model.Run(floats, logits);
            return logits.Chunk(10).Zip(digits.Classes).Count(image => Array.IndexOf(image.First, image.First.Max()) == image.Second);
        }
    }

    /// <summary>What is called stock names no assembly of ours, and ML.NET with its own transformers answers as `dq predict` does with the same model.</summary>
    private static async Task Stock(Folder folder)
    {
        var file = folder.At(".dq", "out", "app", "model-stock.zip");
        using (var stock = ZipFile.OpenRead(file))
        {
            var keys = stock.Entries.Where(entry => entry.Name == "Model.key").ToList();
            Assert.NotEmpty(keys);
            Assert.All(keys, entry => Assert.DoesNotContain("DQPipeline", new StreamReader(entry.Open()).ReadToEnd(), StringComparison.Ordinal));
        }

        var digits = Datasets.Load(new StreetDigitsDeclaration { Train = 10, Test = 40 });
        var pictures = Enumerable.Range(0, digits.Test.Count).Select(i => new Picture { Image = Drawn(digits.Test.Image(i)) }).ToArray();
        string[] names = [.. pictures.Select((_, i) => $"{i}.png")];
        foreach (var (picture, name) in pictures.Zip(names))
            picture.Image.Save(folder.At(name));
        var expected = JsonNode.Parse((await DqTool.RunAsync(folder.Path, ["predict", "dq-int8", .. names, "--json"])).Expect(0).Output)!.AsArray();

        var context = new MLContext(seed: 1);
        var answers = context.Data.CreateEnumerable<StockAnswer>(context.Model.Load(file, out _).Transform(context.Data.LoadFromEnumerable(pictures)), reuseRowObject: false).ToArray();
        Assert.Equal(expected.Select(answer => (string?)answer!["label"]), answers.Select(answer => Assert.Single(answer.PredictedLabel)));
        Assert.InRange(answers.Select(answer => answer.PredictedLabel[0]).Distinct().Count(), 2, 10);
        foreach (var (answer, other) in answers.Zip(expected))
        {
            var sum = answer.Score.Sum(MathF.Exp);
            Assert.All(answer.Score.Zip(digits.Labels), score => Assert.Equal((double)other!["scores"]![score.Second]!, MathF.Exp(score.First) / sum, 1e-3));
        }
    }

    /// <summary>An image of planes as ML.NET has it.</summary>
    private static MLImage Drawn(ReadOnlySpan<byte> planes)
    {
        const int plane = 32 * 32;
        var pixels = new byte[4 * plane];
        for (var i = 0; i < plane; i++)
            (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2], pixels[(4 * i) + 3]) = (planes[i], planes[plane + i], planes[(2 * plane) + i], byte.MaxValue);
        return MLImage.CreateFromPixels(32, 32, MLPixelFormat.Rgba32, pixels);
    }

    /// <summary>`dq attack` of ONNX files, ours and a stranger's, where there is no libtorch.</summary>
    private static async Task Attack(Folder folder, int clean, int square)
    {
        Directory.CreateDirectory(folder.At("nothing"));
        string[] attack = ["--data", "street", "--attack", "square", "--queries", "30", "--epsilon", "2", "--samples", "200"];
        Task<Ran> Without(string model, params string[] more) => DqTool.RunAsync(
            folder.Path,
            start => (start.Environment["DQ_LIBTORCH"], start.Environment["NUGET_PACKAGES"], start.Environment["DQ_RESTORE"]) = (folder.At("nothing"), folder.At("nothing"), "never"),
            ["attack", model, .. attack, .. more]);

        Assert.Contains("error DQ3001", (await Without("dq", "--out", "no.npz")).Expect(1).Error, StringComparison.Ordinal);
        (await DqTool.RunAsync(folder.Path, ["attack", "dq", .. attack, "--out", "trained.npz"])).Expect(0);
        (await Without("float.onnx", "--out", "float.npz")).Expect(0);
        (await Without("dq-int8", "--out", "int8.npz")).Expect(0);
        var (trained, floats, integer) = (Npz.Read(folder.At("trained.npz")), Npz.Read(folder.At("float.npz")), Npz.Read(folder.At("int8.npz")));
        Assert.Equal(trained.X, floats.X);
        Assert.Equal(trained.Y, floats.Y);
        // Last bits of a logit may decide an image in doubt.
        Assert.InRange(trained.Broken.Zip(floats.Broken).Count(pair => pair.First != pair.Second), 0, 4);
        Assert.InRange(floats.Broken.Count(one => one), 1, 199);
        // What the evaluation measured: the same images, seed and queries.
        Assert.Equal((200 - clean, 200 - square), (integer.Wrong, integer.Broken.Count(one => one)));
        Assert.All(integer.XAdv.Zip(integer.X), pair => Assert.True(pair.First == (byte)MathF.Round(pair.First * 255) / 255f && Math.Abs(MathF.Round(pair.First * 255) - pair.Second) <= 2));

        // Without the seal behind it, the same file is a stranger's.
        var file = File.ReadAllBytes(folder.At("float.onnx"));
        File.WriteAllBytes(folder.At("foreign.onnx"), file[..(file.AsSpan().LastIndexOf("sha256"u8) - 4)]);
        var foreign = (await Without("foreign.onnx", "--out", "foreign.npz")).Expect(0);
        Assert.Contains("is shown images 3×32×32 as nchw in [0,1], and knows 10 classes", foreign.Error, StringComparison.Ordinal);
        Assert.Equal(floats.Broken, Npz.Read(folder.At("foreign.npz")).Broken);
        Assert.Empty((await Without("foreign.onnx", "--out", "foreign.npz", "--quiet")).Expect(0).Error);

        var refused = (await Without("foreign.onnx", "--out", "no.npz", "--layout", "nhwc")).Expect(1);
        Assert.Contains("error DQ2005: The data's images are 3×32×32 (channels, rows, columns), but", refused.Error, StringComparison.Ordinal);
        File.WriteAllBytes(folder.At("garbage.onnx"), new byte[3000]);
        Assert.Single((await Without("garbage.onnx", "--out", "no.npz")).Expect(1).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.StartsWith("dq: error DQ5001", StringComparison.Ordinal));
        Assert.False(File.Exists(folder.At("no.npz")));
    }

    private static async Task<JsonNode> Predict(Folder folder, string name, string model)
    {
        var answer = (await DqTool.RunAsync(folder.Path, "predict", model, "sheet.png", "--json")).Expect(0).Output;
        return JsonNode.Parse(answer)!.AsArray() is [{ } one] ? one : throw new InvalidOperationException($"{name} did not answer once: {answer}");
    }

    private sealed class Picture
    {
        [ImageType(32, 32)]
        public MLImage Image { get; set; } = null!;
    }

    private sealed class StockAnswer
    {
        public string[] PredictedLabel { get; set; } = [];

        public float[] Score { get; set; } = [];
    }
}
