using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Outputs;

/// <summary>What a model says to an image.</summary>
/// <param name="Label">The most probable class.</param>
/// <param name="Probability">Its probability, 0 to 1.</param>
/// <param name="Probabilities">Those of all classes, in the order of the labels; they sum to 1.</param>
public sealed record SampleAnswer(string Label, double Probability, IReadOnlyList<double> Probabilities);

/// <summary>What a model says to an image, clean and as it was attacked on this very model.</summary>
public sealed record SamplePrediction(string Model, SampleAnswer Clean, SampleAnswer Adversarial);

/// <summary>An image of the test split.</summary>
/// <param name="Index">Its number in the split.</param>
/// <param name="Label">Its true class.</param>
/// <param name="Predictions">One for each model.</param>
public sealed record SampleEntry(int Index, string Label, IReadOnlyList<SamplePrediction> Predictions);

/// <summary>What <c>predictions.json</c> holds: the options that it was made with, the class names, and the images.</summary>
public sealed record SamplesContent(JsonElement Declaration, IReadOnlyList<string> Labels, IReadOnlyList<SampleEntry> Samples);

/// <summary>The predictions of a samples target.</summary>
public static class SamplesFile
{
    /// <summary>Writes <c>predictions.json</c>.</summary>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Write(string folder, string declaration, IReadOnlyList<string> labels, IReadOnlyList<SampleEntry> samples) =>
        AtomicFile.Write(
            Path.Combine(folder, SamplesTarget.PredictionsFile), FileJson.Write(new SamplesContent(FileJson.Element(declaration), labels, samples), FileJson.Context.SamplesContent));

    /// <summary>A placed file; null where it is not here or cannot be read.</summary>
    public static SamplesContent? TryRead(string path) => FileJson.TryRead(path, FileJson.Context.SamplesContent);
}
