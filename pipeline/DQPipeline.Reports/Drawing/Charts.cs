using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Reports.Drawing;

/// <summary>The charts that measurements make: those of the paper, wherever there is enough to draw.</summary>
internal static class Charts
{
    private const string Accuracy = "accuracy, %";

    private const double Z = 1.959963984540054;

    /// <summary>Accuracy against ε, a chart for each attack that was made at two strengths or more.</summary>
    public static IEnumerable<Chart> ByStrength(IReadOnlyList<MetricRecord> evaluation)
    {
        foreach (var attack in evaluation.Where(metric => metric.Attack != AttackDeclaration.Clean).GroupBy(metric => (metric.Attack, metric.BlackBox)).OrderBy(attack => Rank(attack.Key.Attack, attack.Key.BlackBox)))
        {
            if (attack.Select(metric => metric.Epsilon).Distinct().Count() < 2)
                continue;
            var series = attack.GroupBy(metric => metric.Model).Select(model => new ChartSeries(model.Key, [
                .. evaluation.Where(metric => metric.Model == model.Key && metric.Attack == AttackDeclaration.Clean).Select(metric => Point(0, metric)),
                .. model.OrderBy(metric => metric.Epsilon).Select(metric => Point(metric.Epsilon, metric)),
            ]));
            yield return new($"Accuracy under {Names.Of(attack.First(), strength: false)}", "ε, units of 0–255", Accuracy, [.. series]);
        }
    }

    /// <summary>Accuracy against an option in which models differ, such as figure 1's bits or figure 6's β: a line for all models that are else alike (<see cref="StudiedOption.Families"/>), at each strength.</summary>
    public static IEnumerable<Chart> ByOption(IReadOnlyList<MetricRecord> evaluation, IReadOnlyDictionary<string, TrainDeclaration> trained, StudiedOption option)
    {
        var families = option.Families(trained);
        foreach (var attack in evaluation.GroupBy(metric => (metric.Attack, metric.BlackBox)).OrderBy(attack => Rank(attack.Key.Attack, attack.Key.BlackBox)))
        {
            var values = families.SelectMany(family => family.Select(model => option.Value(trained[model]))).Distinct().Order().ToList();
            var series =
                from family in families
                from strength in attack.Where(metric => family.Contains(metric.Model)).GroupBy(metric => metric.Epsilon).OrderBy(strength => strength.Key)
                where strength.Count() > 1
                let points = strength.Select(metric => Point(values.IndexOf(option.Value(trained[metric.Model])), metric)).OrderBy(point => point.X).ToList()
                select new ChartSeries($"{option.NameOf([.. trained.Keys.Where(family.Contains)])}{(strength.Key > 0 ? $", ε = {Number(strength.Key)}" : "")}", points);
            if (series.ToList() is { Count: > 0 } lines)
                yield return new($"Accuracy {(attack.Key.Attack == AttackDeclaration.Clean ? "on clean images" : $"under {Names.Of(attack.First(), strength: false)}")} by {option.Title}", option.Title, Accuracy, lines) { Categories = [.. values.Select(option.Text)] };
        }
    }

    /// <summary>The same attack made on the model itself and on another one (figure 5); nothing where there is no such pair.</summary>
    public static IEnumerable<Chart> ByBox(IReadOnlyList<MetricRecord> evaluation)
    {
        var boxes = evaluation.Where(metric => metric.BlackBox).Select(metric => (metric.Attack, metric.Epsilon)).Distinct().Where(pair => evaluation.Any(metric => !metric.BlackBox && (metric.Attack, metric.Epsilon) == pair)).ToList();
        foreach (var (attack, epsilon) in boxes)
        {
            var both = evaluation.Where(metric => metric.Attack == attack && metric.Epsilon == epsilon).ToList();
            var models = both.Select(metric => metric.Model).Distinct().ToList();
            ChartSeries Side(string name, bool blackBox) => new(name, [.. both.Where(metric => metric.BlackBox == blackBox).Select(metric => Point(models.IndexOf(metric.Model), metric))]);
            yield return new($"{attack} at ε = {Number(epsilon)}, made on the model itself and on another", "", Accuracy, [Side("made on the model itself (white box)", false), Side("made on another model (black box)", true)])
            {
                Categories = models,
                Joined = false,
            };
        }
    }

    /// <summary>The normalised distance of equation 4, against ε (figure 3a) or by layer (figure 3b), with the 95 % interval of its mean.</summary>
    public static Chart OfDistance(string name, DistanceTarget target, DistanceContent content)
    {
        const string vertical = "normalised distance D";
        var byStrength = target.Declaration.At == DistanceDeclaration.FirstBlock;
        var points = content.Points.Where(point => point.Mean is not null).ToList();
        var several = points.Select(point => point.Epsilon).Distinct().Count() > 1;
        var series = points.GroupBy(point => (point.Model, point.Bits, Epsilon: byStrength ? 0 : point.Epsilon)).Select(line => new ChartSeries(
            $"{line.Key.Model}{(line.Key.Bits is { } bits ? $", {bits} bits" : byStrength ? ", not quantized" : "")}{(!byStrength && several ? $", ε = {Number(line.Key.Epsilon)}" : "")}",
            [.. line.Select(point => OfMean(byStrength ? point.Epsilon : point.Layer, point)).OrderBy(point => point.X)]));
        return byStrength
            ? new($"{name}: how far an attack moves activations", "ε, units of 0–255", vertical, [.. series]) { Decimals = 3 }
            : new($"{name}: how far an attack moves what each convolution is given", "convolution, from the image on", vertical, [.. series]) { Decimals = 3 };
    }

    /// <summary>The share of images whose label no change of a length can take.</summary>
    public static Chart OfCertificate(string name, CertificateContent content) => new(
        $"{name}: certified accuracy", "L2 radius, units of 0–255", "certified, %",
        [.. content.Models.Select(model => new ChartSeries(model.Model, [.. model.Radii.Select(radius => new ChartPoint(radius.Radius, 100 * radius.Share))]))]);

    /// <summary>Loss and accuracy by epoch, of the trainings whose epochs are recorded.</summary>
    public static IEnumerable<Chart> OfTraining(IReadOnlyList<RecordedTarget> targets)
    {
        var told = targets.Where(target => target.Epochs.Count > 1).ToList();
        if (told.Count == 0)
            yield break;
        Chart Of(string title, string vertical, Func<TrainingEpoch, double> value) => new(title, "epoch", vertical, [
            .. told.Select(target => new ChartSeries(target.Target.Name, [.. target.Epochs.Select((epoch, place) => new ChartPoint(place + 1, value(epoch)))]))]);
        yield return Of("Loss in training", "mean loss", epoch => epoch.Loss) with { Decimals = 3 };
        yield return Of("Accuracy in training", "accuracy on training images, %", epoch => 100 * epoch.Accuracy) with { FromZero = false };
    }

    private static ChartPoint OfMean(double x, DistancePoint point)
    {
        var half = point.Samples > 0 ? Z * (point.Deviation ?? 0) / Math.Sqrt(point.Samples) : 0;
        return new(x, point.Mean!.Value, point.Mean.Value - half, point.Mean.Value + half);
    }

    private static ChartPoint Point(double x, MetricRecord metric) => new(x, 100 * metric.Accuracy, 100 * metric.Low, 100 * metric.High);

    /// <summary>The worst case first, then attacks as they are declared, white box before black box.</summary>
    private static int Rank(string attack, bool blackBox) => AttackDeclaration.NormOfWorst(attack) is not null ? 0 : blackBox ? 2 : 1;

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
