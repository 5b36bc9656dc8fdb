using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>What a model says an image shows.</summary>
/// <param name="Image">The file as it was named.</param>
/// <param name="Label">The label with the highest probability.</param>
/// <param name="Score">That probability, 0 to 1.</param>
/// <param name="Scores">The probability of every label.</param>
internal sealed record Prediction(string Image, string Label, float Score, IReadOnlyDictionary<string, float> Scores)
{
    public static Prediction Of(string image, IReadOnlyList<string> labels, float[] scores)
    {
        var best = Array.IndexOf(scores, scores.Max());
        return new(image, labels[best], scores[best], labels.Zip(scores).ToDictionary(pair => pair.First, pair => pair.Second));
    }
}

/// <summary>Predictions as a table: the label, its probability and the runner-up.</summary>
internal static class PredictionTable
{
    public static void Print(IReadOnlyList<Prediction> predictions)
    {
        if (predictions.Count == 0)
            return;
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("image", "label").AddColumn(new TableColumn("score").RightAligned()).AddColumn("next");
        foreach (var prediction in predictions)
        {
            var next = prediction.Scores.Where(pair => pair.Key != prediction.Label).MaxBy(pair => pair.Value);
            table.AddRow(Output.Escaped(prediction.Image), Output.Escaped(prediction.Label), Words.Percent(prediction.Score), next.Key is null ? "" : Output.Escaped($"{next.Key} {Words.Percent(next.Value)}"));
        }

        Output.ForPeople.Write(table);
    }
}
