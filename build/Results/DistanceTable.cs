using System.Globalization;
using System.Text.Json;

namespace DQPipeline.Results;

/// <summary>What a distance target measured, as Markdown: the normalised distance between clean and adversarial activations (figure 3).</summary>
internal static class DistanceTable
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    private sealed record Content(IReadOnlyList<Point> Points);

    private sealed record Point(string Model, int Layer, double Epsilon, int? Bits, double? Mean, double? Deviation, int Samples);

    /// <summary>Figure 3a: a row for each strength.</summary>
    public static string ByStrength(string path) =>
        Of(path, point => point.Epsilon.ToString("R", CultureInfo.InvariantCulture), "ε", point => point.Bits is { } bits ? $"`{point.Model}`, {bits} bits" : $"`{point.Model}`");

    /// <summary>Figure 3b: a row for each layer, with how much the distance has grown since the first.</summary>
    public static string ByLayer(string path) => Of(path, point => point.Layer.ToString(CultureInfo.InvariantCulture), "convolution", point => $"`{point.Model}`");

    private static string Of(string path, Func<Point, string> row, string heading, Func<Point, string> column)
    {
        var points = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), s_options)!.Points;
        var columns = points.Select(column).Distinct().ToList();
        var text = AccuracyTable.Header([heading, .. columns]);
        foreach (var group in points.GroupBy(row))
            AccuracyTable.Row(text, [group.Key, .. columns.Select(name => Cell(group.FirstOrDefault(point => column(point) == name)))]);
        return text.ToString().TrimEnd();
    }

    /// <summary>The mean and half of its 95 % interval.</summary>
    private static string Cell(Point? point) => point is not { Mean: { } mean, Deviation: { } deviation } ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{mean:0.000} ± {1.96 * deviation / Math.Sqrt(point.Samples):0.000}");
}
