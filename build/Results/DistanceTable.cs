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
    public static string ByStrength(byte[] json) =>
        Of(json, point => point.Epsilon.ToString("R", CultureInfo.InvariantCulture), "ε", point => point.Bits is { } bits ? $"`{point.Model}`, {bits} bits" : $"`{point.Model}`");

    /// <summary>Figure 3b: a row for each layer.</summary>
    public static string ByLayer(byte[] json) => Of(json, point => point.Layer.ToString(CultureInfo.InvariantCulture), "convolution", point => $"`{point.Model}`");

    /// <summary>
    /// A claim that the distance grows more from layer to layer in one model than in another, held against every layer after the third: where the factor D(layer)/D(layer − 1) is larger, as a line of a list.
    /// </summary>
    public static string Growth(byte[] json, Comparison comparison)
    {
        var (more, than) = (Factors(json, comparison.More), Factors(json, comparison.Than));
        if (more.Count == 0 || than.Count == 0)
            return $"- {comparison.Claim}. **Not measured yet.**";
        var layers = more.Keys.Where(layer => layer > 3 && than.ContainsKey(layer)).ToList();
        if (layers.Count == 0)
            return $"- {comparison.Claim}. **There is no layer after the third.**";
        var holds = layers.Where(layer => than[layer] < more[layer]).ToList();
        var verdict = holds.Count == layers.Count ? "So it is" : holds.Count == 0 ? "It is not so at any layer" : $"It is so at {string.Join(", ", holds)} of the layers {string.Join(", ", layers)}";
        return $"- {comparison.Claim}. **{verdict}**: by layer {string.Join(", ", layers.Select(layer => string.Create(CultureInfo.InvariantCulture, $"{layer}: × {more[layer]:0.00} against {than[layer]:0.00}")))}.";
    }

    private static Dictionary<int, double> Factors(byte[] json, string model)
    {
        var means = Points(json).Where(point => point.Model == model && point.Mean is not null).ToDictionary(point => point.Layer, point => point.Mean!.Value);
        return means.Where(mean => means.ContainsKey(mean.Key - 1)).ToDictionary(mean => mean.Key, mean => mean.Value / means[mean.Key - 1]);
    }

    private static IReadOnlyList<Point> Points(byte[] json) => JsonSerializer.Deserialize<Content>(json, s_options)!.Points;

    private static string Of(byte[] json, Func<Point, string> row, string heading, Func<Point, string> column)
    {
        var points = Points(json);
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
