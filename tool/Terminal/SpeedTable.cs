using System.Globalization;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>How fast a model is, and how large.</summary>
/// <param name="Model">As it was named.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="Milliseconds1">Median time of one image.</param>
/// <param name="Milliseconds64">Median time of a batch of 64.</param>
/// <param name="ImagesPerSecond">Images a second in batches of 64.</param>
internal sealed record ModelSpeed(string Model, long Bytes, double Milliseconds1, double Milliseconds64, double ImagesPerSecond);

/// <summary>Speeds side by side, with ratios to the first model.</summary>
internal static class SpeedTable
{
    public static void Print(IReadOnlyList<ModelSpeed> speeds, int threads)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle($"speed on {Words.Count(threads, "thread")} (medians; × against {Output.Escaped(speeds[0].Model)})") };
        table.AddColumn("model");
        foreach (var column in (string[])["size", "1 image", "64 images", "images/s"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var speed in speeds)
        {
            table.AddRow(
                Output.Escaped(speed.Model),
                $"{Words.Bytes(speed.Bytes)}{Times(speed.Bytes, speeds[0].Bytes)}",
                $"{Milliseconds(speed.Milliseconds1)}{Times(speeds[0].Milliseconds1, speed.Milliseconds1)}",
                $"{Milliseconds(speed.Milliseconds64)}{Times(speeds[0].Milliseconds64, speed.Milliseconds64)}",
                speed.ImagesPerSecond.ToString("#,0", CultureInfo.InvariantCulture));
        }

        Output.ForPeople.Write(table);

        string Times(double one, double other) => speeds.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"  {one / other:0.00} ×");
    }

    private static string Milliseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ms");
}
