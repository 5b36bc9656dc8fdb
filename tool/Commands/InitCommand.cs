using System.CommandLine;
using DQPipeline.Declarations;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class InitCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.Folder();
        var images = new Option<string?>("--from-images") { Description = "Train on this image folder or .zip (train/CLASS/*.jpg, test/CLASS/*.jpg) instead of the built-in house numbers.", HelpName = "PATH" };
        var command = new Command("init", """
            Write a commented dq.json that trains, quantizes, attacks and gates three models.

            Examples:
              dq init
              dq init --from-images photos
            """) { folder, images };
        command.SetAction(parsed =>
        {
            var target = Path.Combine(parsed.GetValue(folder)!, PipelineFile.Name);
            if (File.Exists(target))
                throw new DqException(DiagnosticCodes.Duplicate, "there is a dq.json already; it is not overwritten", new SourcePlace(target));
            if (parsed.GetValue(images) is { } path && !Path.Exists(path))
                throw new DqException(DiagnosticCodes.DataMissing, $"there is no file or folder \"{path}\"");
            _ = Directory.CreateDirectory(parsed.GetValue(folder)!);
            File.WriteAllText(target, Template(parsed.GetValue(images) is { } source ? Path.GetRelativePath(Path.GetFullPath(parsed.GetValue(folder)!), Path.GetFullPath(source)).Replace('\\', '/') : null, Environment.ProcessorCount));
            Output.Line($"dq: wrote {target}; `dq build` brings it to life. Commit dq.json and, later, dq.lock; .dq/ ignores itself.");
            return DqCommand.Done;
        });
        return command;
    }

    internal static string Template(string? images, int processors)
    {
        var dataset = images is null
            ? """
                // Procedural house numbers, drawn by the tool: no download.
                "data": { "kind": "street-digits", "train": 10000, "test": 2000 },
            """
            : $$"""
                // train/CLASS/*.jpg and test/CLASS/*.jpg, as a folder or a .zip. "size" resizes every image to a square.
                "data": { "kind": "image-folder", "path": {{System.Text.Json.JsonSerializer.Serialize(images, TemplateJson.Default.String)}}, "size": 32 },
            """;
        return $$"""
            // What this repository trains, attacks and promises. `dq build` brings it up to date, `dq status` says what is stale and why,
            // `dq schema` prints every option with its range and default.
            {
              // Every random choice derives from this seed.
              "seed": 2019,
              // Processor threads of each worker: part of every key, because sums change with it.
              "threads": {{Math.Clamp(processors, 1, 8)}},

              "datasets": {
            {{dataset}}
              },

              "train": {
                // The full-precision baseline.
                "full": { "dataset": "data", "network": "vgg-s", "epochs": 4 },
                // Conventional 4-bit activations.
                "vanilla": { "extends": "full", "activation": { "bits": 4 } },
                // Defensive quantization: 4 bits, and a penalty that keeps layers from amplifying adversarial noise.
                "dq": { "extends": "vanilla", "lipschitz": { "beta": 1e-3 } },
              },

              "quantize": {
                // What ships: one ONNX file that computes in integers.
                "dq-int8": { "model": "dq" },
              },

              "evaluate": {
                "robustness": {
                  "models": ["full", "vanilla", "dq", "dq-int8"],
                  "attacks": ["fgsm", "pgd"],
                  // Strengths in pixel units of 0 to 255.
                  "epsilon": [2, 8],
                  "samples": 1000,
                  // A build fails (exit code 3) when a gate fails. Raise this one to what your model reaches.
                  "gates": [{ "model": "dq-int8", "attack": "pgd", "epsilon": 2, "atLeast": 0.2 }],
                },
              },

              "package": {
                // For apps: an ML.NET model (.zip) and an ONNX file, made only while the gate passes.
                "app": { "model": "dq-int8", "formats": ["mlnet", "onnx"] },
              },
            }

            """;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TemplateJson : System.Text.Json.Serialization.JsonSerializerContext;
