using System.Globalization;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DQPipeline.Reports.Drawing;

/// <summary>
/// Draws charts as SVG by OxyPlot. Colours are roles (<c>--series-1</c>, <c>--ink</c>, <c>--grid</c>), which a page sets for light and for dark, and a file of its own has written out.
/// The legend is the page's: texts of a legend inside the drawing could neither wrap nor be read aloud.
/// </summary>
internal static class SvgDrawing
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static readonly MarkerType[] s_markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];

    /// <summary>How lines are broken, anew for each time that all colours are taken: for the library, and in a legend.</summary>
    private static readonly (LineStyle Style, string Dashes)[] s_lines = [(LineStyle.Solid, ""), (LineStyle.Dash, "5 3"), (LineStyle.Dot, "2 2"), (LineStyle.DashDot, "5 1 1 1")];

    /// <summary>What the drawing is made with in the place of the roles: colours that nothing else has.</summary>
    private static readonly OxyColor s_ink = OxyColor.FromRgb(1, 1, 1);

    private static readonly OxyColor s_grid = OxyColor.FromRgb(1, 1, 2);

    /// <summary>The drawing as an element for a page, without a background.</summary>
    /// <param name="chart">What is drawn.</param>
    /// <param name="width">Its width in pixels at full size.</param>
    /// <param name="height">Its height.</param>
    public static XElement Inline(Chart chart, int width, int height)
    {
        var drawing = Draw(chart, width, height);
        drawing.Attribute("width")!.Remove();
        drawing.Attribute("height")!.Remove();
        drawing.SetAttributeValue("viewBox", FormattableString.Invariant($"0 0 {width} {height}"));
        drawing.SetAttributeValue("aria-hidden", "true");
        drawing.SetAttributeValue("focusable", "false");
        return drawing;
    }

    /// <summary>Sets the ids in the drawings of a page apart: the library numbers those of each drawing from the first.</summary>
    public static void SetIdsApart(XElement page)
    {
        foreach (var (place, drawing) in page.Descendants(s_svg + "svg").Index())
        {
            foreach (var attribute in drawing.Descendants().Attributes().ToList())
            {
                attribute.Value = attribute.Name == "id" ? FormattableString.Invariant($"drawing-{place}-{attribute.Value}")
                    : attribute.Value.Replace("url(#", FormattableString.Invariant($"url(#drawing-{place}-"), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A series' mark and line as a small drawing, for a legend.</summary>
    public static XElement Mark(int series, bool joined)
    {
        var colour = $"var({Role(series)})";
        XElement Shape(string name, params (string Name, string Value)[] attributes) => new(s_svg + name, attributes.Select(one => new XAttribute(one.Name, one.Value)), new XAttribute("style", $"fill:{colour}"));
        var mark = s_markers[series % s_markers.Length] switch
        {
            MarkerType.Circle => Shape("circle", ("cx", "12"), ("cy", "6"), ("r", "4")),
            MarkerType.Square => Shape("rect", ("x", "8"), ("y", "2"), ("width", "8"), ("height", "8")),
            MarkerType.Triangle => Shape("path", ("d", "M12 1.5 L16.5 10 L7.5 10 Z")),
            _ => Shape("path", ("d", "M12 1 L17 6 L12 11 L7 6 Z")),
        };
        return new(
            s_svg + "svg", new XAttribute("viewBox", "0 0 24 12"), new XAttribute("width", "24"), new XAttribute("height", "12"), new XAttribute("aria-hidden", "true"),
            joined ? new XElement(s_svg + "path", new XAttribute("d", "M0 6 H24"), new XAttribute("style", $"fill:none;stroke:{colour};stroke-width:2{(Line(series).Dashes is { Length: > 0 } dashes ? $";stroke-dasharray:{dashes}" : "")}")) : null, mark);
    }

    private static (LineStyle Style, string Dashes) Line(int series) => s_lines[series / Palette.Light.Count % s_lines.Length];

    private static string Role(int series) => FormattableString.Invariant($"--series-{(series % Palette.Light.Count) + 1}");

    private static XElement Draw(Chart chart, int width, int height)
    {
        var plot = new PlotModel
        {
            DefaultFont = "sans-serif",
            TextColor = s_ink,
            PlotAreaBorderThickness = new(1, 0, 0, 1),
            PlotAreaBorderColor = s_ink,
            PlotMargins = new(58, 8, 12, 52),
            Padding = new(2),
        };
        plot.Axes.Add(Horizontal(chart, width));
        plot.Axes.Add(Vertical(chart));
        // Points of one category stand side by side: intervals that lie on each other cannot be read.
        var step = chart.Categories.Count > 0 ? Math.Min(0.12, 0.5 / Math.Max(1, chart.Series.Count)) : 0;
        for (var i = 0; i < chart.Series.Count; i++)
            Add(plot, chart, i, chart.Joined ? 0 : (i - ((chart.Series.Count - 1) / 2.0)) * step);
        return WithRoles(XElement.Parse(new SvgExporter { Width = width, Height = height, IsDocument = false }.ExportToString(plot)));
    }

    private static void Add(PlotModel plot, Chart chart, int place, double shift)
    {
        var series = chart.Series[place];
        var colour = OxyColor.FromRgb(1, 2, (byte)(place % Palette.Light.Count));
        var intervals = new ScatterErrorSeries { MarkerType = MarkerType.None, ErrorBarColor = colour, ErrorBarStrokeThickness = 1.2, ErrorBarStopWidth = 3 };
        intervals.Points.AddRange(series.Points.Where(point => point.High > point.Low).Select(point => new ScatterErrorPoint(point.X + shift, (point.High + point.Low) / 2, 0, point.High - point.Low)));
        plot.Series.Add(intervals);
        var line = new LineSeries
        {
            Color = chart.Joined ? colour : OxyColors.Transparent,
            StrokeThickness = 2,
            LineStyle = Line(place).Style,
            MarkerType = s_markers[place % s_markers.Length],
            MarkerSize = series.Points.Count > 40 ? 0 : 4,
            MarkerFill = colour,
        };
        line.Points.AddRange(series.Points.Select(point => new DataPoint(point.X + shift, point.Y)));
        plot.Series.Add(line);
    }

    private static LinearAxis Horizontal(Chart chart, int width)
    {
        if (chart.Categories.Count == 0)
            return Axis(AxisPosition.Bottom, chart.Horizontal, padding: 0.04);
        var axis = Axis(AxisPosition.Bottom, chart.Horizontal);
        (axis.Minimum, axis.Maximum, axis.MajorStep, axis.MinimumPadding, axis.MaximumPadding) = (-0.5, chart.Categories.Count - 0.5, 1, 0, 0);
        // Long names lean, or they would run into each other.
        if (chart.Categories.Sum(name => name.Length + 2) * 7 > width - 80)
            (axis.Angle, axis.AxisTitleDistance) = (-30, 30);
        axis.LabelFormatter = at => at >= 0 && at < chart.Categories.Count && Math.Abs(at - Math.Round(at)) < 1e-6 ? chart.Categories[(int)Math.Round(at)] : "";
        return axis;
    }

    /// <summary>From 0 where the chart wants it, and always beyond the last interval's end, of which the library knows nothing.</summary>
    private static LinearAxis Vertical(Chart chart)
    {
        var axis = Axis(AxisPosition.Left, chart.Vertical);
        var points = chart.Series.SelectMany(series => series.Points).ToList();
        var (low, high) = points.Count == 0 ? (0, 1) : (chart.FromZero ? 0 : points.Min(point => point.Low), points.Max(point => point.High));
        // Where all is equal, the axis shows how high that is and not how it was rounded.
        if (high - low < 1e-9 * Math.Max(1, Math.Abs(high)))
            (low, high) = chart.Vertical.EndsWith('%') ? (0, 100) : (low - 1, high + 1);
        var room = (high - low) * 0.06;
        (axis.Minimum, axis.Maximum) = (chart.FromZero ? 0 : low - room, high + room);
        return axis;
    }

    private static LinearAxis Axis(AxisPosition position, string title, double padding = 0.06) => new()
    {
        Position = position,
        Title = title,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        TicklineColor = s_ink,
        MinorTickSize = 0,
        MinimumPadding = padding,
        MaximumPadding = padding,
        AxisTitleDistance = 12,
        StringFormat = "0.####",
    };

    /// <summary>Puts roles in the place of the colours, as styles: attributes of SVG take no variables.</summary>
    private static XElement WithRoles(XElement drawing)
    {
        foreach (var element in drawing.DescendantsAndSelf().ToList())
        {
            var style = (string?)element.Attribute("style") ?? "";
            foreach (var name in (string[])["fill", "stroke"])
            {
                if (element.Attribute(name) is not { } attribute)
                    continue;
                style = $"{name}:{attribute.Value};{style}";
                attribute.Remove();
            }

            style = style.Replace(Rgb(s_ink), "var(--ink)", StringComparison.Ordinal).Replace(Rgb(s_grid), "var(--grid)", StringComparison.Ordinal);
            for (var i = 0; i < Palette.Light.Count; i++)
                style = style.Replace(Rgb(OxyColor.FromRgb(1, 2, (byte)i)), $"var({Role(i)})", StringComparison.Ordinal);
            element.SetAttributeValue("style", style.Length > 0 ? style : null);
        }

        return drawing;
    }

    private static string Rgb(OxyColor colour) => string.Create(CultureInfo.InvariantCulture, $"rgb({colour.R},{colour.G},{colour.B})");
}
