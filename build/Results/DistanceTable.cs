using System.Globalization;
using System.Text.Json;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Results;

/// <summary>What a distance target measured, as Markdown: the normalised distance between clean and adversarial activations (figure 3).</summary>
/// <param name="json">Its distance.json.</param>
/// <param name="attack">The attack, as metrics name it: <c>fgsm</c>.</param>
/// <param name="isShown">Whether a model's figures are shown: those of a model that is declared otherwise by now are of something else.</param>
internal sealed class DistanceTable(byte[] json, string attack, Predicate<string> isShown)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    private readonly List<Point> _points = [.. JsonSerializer.Deserialize<Content>(json, s_options)!.Points.Where(point => isShown(point.Model))];

    private sealed record Content(IReadOnlyList<Point> Points);

    private sealed record Point(string Model, int Layer, double Epsilon, int? Bits, double? Mean, double? Deviation, int Samples);

    /// <summary>Whether there is nothing to show.</summary>
    public bool IsEmpty => _points.Count == 0;

    /// <summary>Figure 3a: a row for each strength.</summary>
    public string ByStrength() =>
        Of(point => point.Epsilon.ToString("R", CultureInfo.InvariantCulture), "ε", point => point.Bits is { } bits ? $"`{point.Model}`, {bits} bits" : $"`{point.Model}`");

    /// <summary>Figure 3b: a row for each layer.</summary>
    public string ByLayer() => Of(point => point.Layer.ToString(CultureInfo.InvariantCulture), "convolution", point => string.Create(CultureInfo.InvariantCulture, $"`{point.Model}`, ε = {point.Epsilon}"));

    /// <summary>
    /// A claim that the distance grows more from layer to layer in one measurement, <c>MODEL/ATTACK@ε</c>, than in another, held against every layer after the third: where the factor D(layer)/D(layer − 1) is larger,
    /// as a line of a list. The interval of the two factors' quotient is of their logarithms (delta method), as if all means were of images of their own: they are of the same, so the truth is narrower.
    /// </summary>
    public string Growth(Comparison comparison)
    {
        var (more, than) = (Factors(comparison.More), Factors(comparison.Than));
        if (more.Count == 0 || than.Count == 0)
            return $"- {comparison.Claim}. **Not measured yet.**";
        var layers = more.Keys.Where(layer => layer > 3 && than.ContainsKey(layer)).ToList();
        if (layers.Count == 0)
            return $"- {comparison.Claim}. **There is no layer after the third.**";
        var quotients = layers.ConvertAll(layer => Quotient(more[layer], than[layer]));
        var verdicts = layers.Zip(quotients, (layer, quotient) => (Layer: layer, Word: quotient.Low > 1 ? "Shown" : quotient.High < 1 ? "Refuted" : "Not settled")).GroupBy(one => one.Word).ToList();
        var verdict = verdicts is [var only] ? only.Key : string.Join(", ", verdicts.Select((group, i) => $"{(i == 0 ? group.Key : group.Key.ToLowerInvariant())} at {string.Join(", ", group.Select(one => one.Layer))}"));
        var figures = layers.Zip(quotients, (layer, quotient) => string.Create(
            CultureInfo.InvariantCulture, $"{layer}: × {more[layer].Value:0.00} against {than[layer].Value:0.00} (quotient {quotient.Low:0.00} to {quotient.High:0.00})"));
        return $"- {comparison.Claim}. **{verdict}**: by layer {string.Join(", ", figures)}.";
    }

    private static (double Low, double High) Quotient(Factor more, Factor than)
    {
        var (middle, half) = (Math.Log(more.Value / than.Value), 1.959964 * Math.Sqrt(more.Variance + than.Variance));
        return (Math.Exp(middle - half), Math.Exp(middle + half));
    }

    private Dictionary<int, Factor> Factors(string measurement)
    {
        var points = _points.Where(point => point is { Mean: > 0, Deviation: not null } && EvaluationCell.SubjectOf(point.Model, attack, point.Epsilon, blackBox: false) == measurement).ToDictionary(point => point.Layer);
        return points.Values.Where(point => points.ContainsKey(point.Layer - 1)).ToDictionary(point => point.Layer, point => Factor.Of(point, points[point.Layer - 1]));
    }

    /// <summary>By how much the distance grows at a layer, and the variance of its logarithm.</summary>
    private readonly record struct Factor(double Value, double Variance)
    {
        public static Factor Of(Point point, Point before) => new(point.Mean!.Value / before.Mean!.Value, VarianceOfLogarithm(point) + VarianceOfLogarithm(before));

        private static double VarianceOfLogarithm(Point point) => Math.Pow(point.Deviation!.Value / point.Mean!.Value, 2) / point.Samples;
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
