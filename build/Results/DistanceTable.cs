using System.Globalization;
using System.Text.Json;

namespace DQPipeline.Results;

/// <summary>What a distance target measured, as Markdown: the normalised distance between clean and adversarial activations (figure 3).</summary>
/// <param name="json">Its distance.json.</param>
/// <param name="isShown">Whether a model's figures are shown: those of a model that is declared otherwise by now are of something else.</param>
internal sealed class DistanceTable(byte[] json, Predicate<string> isShown)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    private readonly List<Point> _points = [.. JsonSerializer.Deserialize<Content>(json, s_options)!.Points.Where(point => isShown(point.Model))];

    private sealed record Content(IReadOnlyList<Point> Points);

    private sealed record Point(string Model, int Layer, double Epsilon, int? Bits, double? Mean, double? Deviation, int Samples);

    /// <summary>Figure 3a: a row for each strength.</summary>
    public string ByStrength() =>
        Of(point => point.Epsilon.ToString("R", CultureInfo.InvariantCulture), "ε", point => point.Bits is { } bits ? $"`{point.Model}`, {bits} bits" : $"`{point.Model}`");

    /// <summary>Figure 3b: a row for each layer.</summary>
    public string ByLayer() => Of(point => point.Layer.ToString(CultureInfo.InvariantCulture), "convolution", point => $"`{point.Model}`");

    /// <summary>
    /// A claim that the distance grows more from layer to layer in one model than in another, held against every layer after the third: where the factor D(layer)/D(layer − 1) is larger, as a line of a list.
    /// </summary>
    public string Growth(Comparison comparison)
    {
        var (more, than) = (Factors(comparison.More), Factors(comparison.Than));
        if (more.Count == 0 || than.Count == 0)
            return $"- {comparison.Claim}. **Not measured yet.**";
        var layers = more.Keys.Where(layer => layer > 3 && than.ContainsKey(layer)).ToList();
        if (layers.Count == 0)
            return $"- {comparison.Claim}. **There is no layer after the third.**";
        var holds = layers.Where(layer => than[layer] < more[layer]).ToList();
        var verdict = holds.Count == layers.Count ? "So it is" : holds.Count == 0 ? "It is not so at any layer" : $"It is so at {string.Join(", ", holds)} of the layers {string.Join(", ", layers)}";
        return $"- {comparison.Claim}. **{verdict}**: by layer {string.Join(", ", layers.Select(layer => string.Create(CultureInfo.InvariantCulture, $"{layer}: × {more[layer]:0.00} against {than[layer]:0.00}")))}.";
    }

    private Dictionary<int, double> Factors(string model)
    {
        var means = _points.Where(point => point.Model == model && point.Mean is not null).ToDictionary(point => point.Layer, point => point.Mean!.Value);
        return means.Where(mean => means.ContainsKey(mean.Key - 1)).ToDictionary(mean => mean.Key, mean => mean.Value / means[mean.Key - 1]);
    }

    private string Of(Func<Point, string> row, string heading, Func<Point, string> column)
    {
        var columns = _points.Select(column).Distinct().ToList();
        var text = AccuracyTable.Header([heading, .. columns]);
        foreach (var group in _points.GroupBy(row))
            AccuracyTable.Row(text, [group.Key, .. columns.Select(name => Cell(group.FirstOrDefault(point => column(point) == name)))]);
        return text.ToString().TrimEnd();
    }

    /// <summary>The mean and half of its 95 % interval.</summary>
    private static string Cell(Point? point) => point is not { Mean: { } mean, Deviation: { } deviation } ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{mean:0.000} ± {1.96 * deviation / Math.Sqrt(point.Samples):0.000}");
}
