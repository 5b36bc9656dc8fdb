using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DQPipeline.Tool.Starting;

/// <summary>The dq.json that `dq init` writes: one that builds as it stands, on the images at hand, in minutes.</summary>
internal static partial class FirstPipeline
{
    /// <summary>The file where the schema is written for editors, beside dq.json.</summary>
    public const string SchemaFile = "dq.schema.json";

    /// <summary>Steps of gradient descent after which a small network has learned what a few images can teach it.</summary>
    private const int Steps = 1200;

    /// <summary>Its text.</summary>
    /// <param name="images">What to train on; null for the built-in house numbers.</param>
    /// <param name="path">Where the images are, as dq.json is to say it.</param>
    /// <param name="processors">Processors of this machine.</param>
    public static string Text(FoundImages? images, string path, int processors)
    {
        var dataset = images is null
            ? """
                // Procedural house numbers, drawn by the tool: no download.
                "data": { "kind": "street-digits", "train": 10000, "test": 2000 },
            """
            : $$"""
                // {{Layout(images)}} "size" makes every image a square of so many pixels.
                "data": { "kind": "image-folder", "path": {{JsonSerializer.Serialize(path, FirstPipelineJson.Default.String)}}, "size": {{(images.Side is 0 or >= 64 ? 64 : 32)}}{{(images.IsSplit ? "" : ", \"testShare\": 0.2")}} },
            """;
        var (batch, rate, epochs) = Schedule(images?.Images ?? 10_000);
        // Whoever guesses is right once in so many classes; twice that is little, and what any training reaches.
        var least = images is null ? 0.8 : Math.Round(Math.Min(0.9, 1.5 / images.Classes.Count), 2);
        return $$"""
            // What this repository trains, attacks and promises. `dq build` brings it up to date, `dq status` says what is stale and why,
            // `dq report` draws what came of it.
            {
              // Completion and help in editors; `dq schema` writes it.
              "$schema": "./{{SchemaFile}}",
              // Every random choice derives from this seed.
              "seed": 2019,
              // Processor threads of each worker: part of every key, because sums change with it.
              "threads": {{Math.Clamp(processors, 1, 8)}},

              "datasets": {
            {{dataset}}
              },

              "train": {
                // The full-precision baseline.
                "full": { "dataset": "data", "network": "vgg-s", "epochs": {{epochs}}, "batch": {{batch}}, "optimizer": { "learningRate": {{rate.ToString(CultureInfo.InvariantCulture)}} } },
                // Conventional 4-bit activations.
                "vanilla": { "extends": "full", "activation": { "bits": 4 } },
                // Defended: the same bits, made to withstand attacks.
                "defended": { "extends": "vanilla", "defense": "dq+" },
              },

              "quantize": {
                // What ships: one ONNX file that computes in integers.
                "small": { "model": "defended" },
              },

              "evaluate": {
                "robustness": {
                  "models": ["full", "vanilla", "defended", "small"],
                  "attacks": ["fgsm", { "kind": "pgd", "steps": 20 }],
                  // Strengths in pixel units of 0 to 255.
                  "epsilon": [2, 8],
                  "samples": 500,
                  // A build fails (exit code 3) when a gate fails. Raise this one to what your model reaches, and add one under attack:
                  // { "model": "small", "attack": "pgd", "epsilon": 2, "atLeast": 0.4 }
                  "gates": [{ "model": "small", "atLeast": {{least.ToString(CultureInfo.InvariantCulture)}} }],
                },
              },

              "package": {
                // For apps: an ML.NET model (.zip) and an ONNX file, made only while the gates hold.
                "app": { "model": "small", "formats": ["mlnet", "onnx"] },
              },

              "report": {
                // .dq/out/report/report.html, written anew by each build that changes something.
                "report": {},
              },
            }

            """;
    }

    private static string Layout(FoundImages images) => images.IsSplit
        ? $"{images.Classes.Count} classes in train/CLASS/ and test/CLASS/."
        : $"{images.Classes.Count} classes in CLASS/; a fifth of each is kept to test on.";

    /// <summary>Batch, learning rate and epochs for so many images: few images are shown more often, in smaller batches with smaller steps.</summary>
    private static (int Batch, double Rate, int Epochs) Schedule(int images)
    {
        var (batch, rate) = images < 2_000 ? (16, 0.02) : images < 10_000 ? (64, 0.05) : (128, 0.1);
        var steps = Math.Max(1, images / batch);
        return (batch, rate, Math.Clamp((Steps + steps - 1) / steps, 4, 60));
    }

    [JsonSerializable(typeof(string))]
    private sealed partial class FirstPipelineJson : JsonSerializerContext;
}
