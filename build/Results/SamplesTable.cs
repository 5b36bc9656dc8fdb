using System.Globalization;
using System.Text.Json;
using DQPipeline.Targets.Outputs;

namespace DQPipeline.Results;

/// <summary>What models say to a few images, as Markdown: a row for each image, a column for each model (figure 7). The images themselves are the data set's, and not ours to hand on.</summary>
internal static class SamplesTable
{
    /// <summary>The table of a samples target's predictions.json.</summary>
    public static string Of(byte[] json)
    {
        var content = JsonSerializer.Deserialize(json, FileJson.Context.SamplesContent)!;
        var models = content.Samples.SelectMany(sample => sample.Predictions).Select(prediction => prediction.Model).Distinct().ToList();
        return string.Join('\n',
        [
            $"| test image | of | {string.Join(" | ", models.Select(model => $"`{model}`"))} |",
            $"| ---: | --- |{string.Concat(models.Select(_ => " --- |"))}",
            .. content.Samples.Select(sample => $"| {sample.Index} | {sample.Label} | {string.Join(" | ", models.Select(model => Cell(sample, model)))} |"),
        ]);
    }

    private static string Cell(SampleEntry sample, string model) =>
        sample.Predictions.FirstOrDefault(prediction => prediction.Model == model) is { } found ? $"{Answer(found.Clean, sample)} → {Answer(found.Adversarial, sample)}" : "";

    /// <summary>Bold where it is right.</summary>
    private static string Answer(SampleAnswer answer, SampleEntry sample)
    {
        var mark = answer.Label == sample.Label ? "**" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{mark}{answer.Label}{mark} {100 * answer.Probability:0} %");
    }
}
