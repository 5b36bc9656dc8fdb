using DQPipeline.Targets.Reports;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DQPipeline.Results;

/// <summary>Accuracy under attack against accuracy on clean images, a point for each model with the 95 % interval of the former, as SVG: what lies up and to the right is better.</summary>
internal static class FrontierChart
{
    private const double Width = 860;
    private const double Height = 460;

    /// <summary>Colours that stay apart for eyes that see fewer of them (Okabe and Ito 2008).</summary>
    private static readonly OxyColor[] s_colours =
    [
        OxyColor.FromRgb(0, 0, 0), OxyColor.FromRgb(230, 159, 0), OxyColor.FromRgb(86, 180, 233), OxyColor.FromRgb(0, 158, 115),
        OxyColor.FromRgb(213, 94, 0), OxyColor.FromRgb(0, 114, 178), OxyColor.FromRgb(204, 121, 167),
    ];

    private static readonly MarkerType[] s_markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];

    private static readonly OxyColor s_grid = OxyColor.FromRgb(225, 225, 225);

    /// <summary>The chart; null where no model has both measurements.</summary>
    /// <param name="metrics">The measurements of one evaluation.</param>
    /// <param name="attack">The attack and its strength, <c>worst@2</c>.</param>
    public static string? Draw(IReadOnlyList<MetricRecord> metrics, string attack)
    {
        var points = metrics.GroupBy(metric => metric.Model).Select(model => (
            Model: model.Key,
            Clean: model.FirstOrDefault(metric => metric.Attack == "clean"),
            Attacked: model.FirstOrDefault(metric => Recorded.Subject(metric) == $"{model.Key}/{attack}"))).Where(point => point is { Clean: not null, Attacked: not null }).ToList();
        if (points.Count == 0)
            return null;
        var plot = new PlotModel { DefaultFont = "sans-serif", Background = OxyColors.White, PlotAreaBorderThickness = new(1, 0, 0, 1), PlotMargins = new(70, 10, 10, 60) };
        plot.Axes.Add(Axis(AxisPosition.Bottom, "accuracy on clean images, %"));
        var attacked = Axis(AxisPosition.Left, $"accuracy under {attack.Replace("@", ", ε = ", StringComparison.Ordinal)}, %");
        // An axis is as long as points need, and bars are longer.
        var (low, high) = (100 * points.Min(point => point.Attacked!.Low), 100 * points.Max(point => point.Attacked!.High));
        (attacked.Minimum, attacked.Maximum) = (Math.Max(0, low - 0.05 * (high - low)), high + 0.05 * (high - low));
        plot.Axes.Add(attacked);
        // Texts are measured in points and drawn in pixels, a third larger: the padding, on both sides, is for what is measured too short of the longest.
        var longest = points.Max(point => Group(point.Model).Length);
        plot.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop, LegendLineSpacing = 9, LegendPadding = 10 + 1.5 * longest });
        foreach (var (group, place) in points.GroupBy(point => Group(point.Model)).Select((group, place) => (group, place)))
        {
            var colour = s_colours[place % s_colours.Length];
            var series = new ScatterSeries { Title = group.Key, MarkerType = s_markers[place % s_markers.Length], MarkerSize = 5, MarkerFill = colour };
            // Bars lie about the middle of Wilson's interval, which is not the accuracy.
            var bars = new ScatterErrorSeries { MarkerType = MarkerType.None, ErrorBarColor = colour, ErrorBarStrokeThickness = 1, RenderInLegend = false };
            foreach (var (_, clean, withstood) in group)
            {
                series.Points.Add(new(100 * clean!.Accuracy, 100 * withstood!.Accuracy));
                bars.Points.Add(new ScatterErrorPoint(100 * clean.Accuracy, 50 * (withstood.Low + withstood.High), errorX: 0, 100 * (withstood.High - withstood.Low)));
            }

            plot.Series.Add(bars);
            plot.Series.Add(series);
        }

        return new SvgExporter { Width = Width, Height = Height, IsDocument = true }.ExportToString(plot);
    }

    /// <summary>Members of a matrix that differ in their seed alone have one colour.</summary>
    private static string Group(string model)
    {
        var parts = model.Split('@', 2);
        var rest = parts.Length < 2 ? [] : parts[1].Split(',').Where(value => !value.StartsWith("seed=", StringComparison.Ordinal)).ToArray();
        return rest.Length == 0 ? parts[0] : $"{parts[0]} {string.Join(' ', rest)}";
    }

    private static LinearAxis Axis(AxisPosition position, string title) => new()
    {
        Position = position,
        Title = title,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        MinorTickSize = 0,
        MinimumPadding = 0.15,
        MaximumPadding = 0.15,
        AxisTitleDistance = 16,
    };
}
