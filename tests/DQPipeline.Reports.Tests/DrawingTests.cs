using System.Globalization;
using System.Xml.Linq;
using DQPipeline.Reports.Drawing;

namespace DQPipeline.Reports.Tests;

/// <summary>Drawings are read back as what they are: geometry.</summary>
public class DrawingTests
{
    private static readonly Chart Sample = new("title", "ε <b>&", "accuracy, %",
    [
        new("first", [new(0, 0), new(1, 10), new(4, 40, 30, 60)]),
        new("second", [new(0, 5), new(4, 5)]),
    ]);

    [Fact]
    public void Points_lie_where_their_numbers_say()
    {
        var points = Line(SvgDrawing.Inline(Sample, 600, 400), "--series-1");
        Assert.Equal(3, points.Count);
        // On linear axes distances are in the proportion of the numbers, and up is less.
        Assert.Equal(0.25, (points[1].X - points[0].X) / (points[2].X - points[0].X), 2);
        Assert.Equal(0.25, (points[1].Y - points[0].Y) / (points[2].Y - points[0].Y), 2);
        Assert.True(points[2].X > points[0].X && points[2].Y < points[0].Y);
        var level = Line(SvgDrawing.Inline(Sample, 600, 400), "--series-2");
        Assert.Equal(level[0].Y, level[1].Y, 2);
        Assert.Equal((points[1].Y + points[0].Y) / 2, level[0].Y, 0.1);
    }

    [Fact]
    public void An_interval_reaches_from_its_lower_to_its_upper_end()
    {
        var drawing = SvgDrawing.Inline(Sample, 600, 400);
        var points = Line(drawing, "--series-1");
        var unit = (points[0].Y - points[1].Y) / 10;
        var bars = Shapes(drawing, "--series-1").Where(shape => shape.Count == 2 && Math.Abs(shape[0].X - shape[1].X) < 0.01 && Math.Abs(shape[0].X - points[2].X) < 0.01);
        Assert.Contains(bars, bar => Math.Abs(Math.Abs(bar[0].Y - bar[1].Y) - (30 * unit)) < 0.5 && Math.Abs(Math.Max(bar[0].Y, bar[1].Y) - (points[0].Y - (30 * unit))) < 0.5);
    }

    [Fact]
    public void Colours_are_roles_and_texts_are_texts()
    {
        var drawing = SvgDrawing.Inline(Sample, 600, 400);
        Assert.DoesNotContain("rgb(1,", drawing.ToString(), StringComparison.Ordinal);
        Assert.Contains(drawing.Descendants(), element => element.Value == "ε <b>&" && element.Name.LocalName == "text");
        Assert.DoesNotContain(drawing.Descendants(), element => element.Name.LocalName is "b" or "script" or "image");
        Assert.Equal("true", (string?)drawing.Attribute("aria-hidden"));
    }

    [Fact]
    public void Categories_have_their_names_and_points_of_one_stand_side_by_side()
    {
        var chart = new Chart("t", "", "y", [new("a", [new(0, 1), new(1, 2)]), new("b", [new(0, 1), new(1, 2)])]) { Categories = ["full", "dq"], Joined = false };
        var drawing = SvgDrawing.Inline(chart, 400, 300);
        Assert.Superset(new HashSet<string> { "full", "dq" }, drawing.Descendants().Where(element => element.Name.LocalName == "text").Select(text => text.Value).ToHashSet());
        var (first, second) = (Centres(drawing, "--series-1"), Centres(drawing, "--series-2"));
        Assert.Equal((2, 2), (first.Count, second.Count));
        Assert.All(first.Zip(second), pair => Assert.True(pair.Second - pair.First > 8, $"{pair}"));
    }

    [Theory]
    [InlineData("accuracy, %", true, 0, "0", "100")]
    [InlineData("accuracy, %", false, 97, "0", "100")]
    [InlineData("mean loss", true, 0, "0", "1")]
    [InlineData("mean loss", false, 3, "2", "4")]
    public void An_axis_of_equal_values_says_how_high_they_are(string vertical, bool fromZero, double value, string low, string high)
    {
        var chart = new Chart("t", "", vertical, [new("a", [new(0, value), new(1, value)])]) { Categories = ["full", "dq"], FromZero = fromZero };
        var ticks = SvgDrawing.Inline(chart, 400, 300).Descendants().Where(element => element.Name.LocalName == "text" && double.TryParse(element.Value, CultureInfo.InvariantCulture, out _)).Select(text => text.Value).ToList();
        Assert.Superset(new HashSet<string> { low, high }, ticks.ToHashSet());
        Assert.Equal(ticks.Distinct(), ticks);
    }

    [Fact]
    public void Thirty_two_series_can_be_told_apart_in_the_drawing_and_in_its_legend()
    {
        var series = Enumerable.Range(0, 32).ToList();
        Assert.Equal(32, series.Select(place => SvgDrawing.Mark(place, joined: true).ToString()).Distinct().Count());
        var drawing = SvgDrawing.Inline(new("t", "x", "y", [.. series.Select(place => new ChartSeries($"{place}", [new(0, place), new(1, place)]))]), 400, 300);
        var lines = drawing.Descendants().Where(element => element.Name.LocalName == "polyline" && ((string?)element.Attribute("style") ?? "").Contains("stroke:var(--series-", StringComparison.Ordinal) && Points((string)element.Attribute("points")!).Count == 2).ToList();
        Assert.Equal(32, lines.Select(line => $"{line.Attribute("style")} {line.Attribute("stroke-dasharray")}").Distinct().Count());
    }

    /// <summary>The middles of a series' marks, of whatever shape, from the left.</summary>
    private static List<double> Centres(XElement drawing, string role) =>
        [.. Filled(drawing, role).Select(element => (string?)element.Attribute("cx") is { } cx ? double.Parse(cx, CultureInfo.InvariantCulture)
            : (string?)element.Attribute("x") is { } x ? double.Parse(x, CultureInfo.InvariantCulture) + (double.Parse((string)element.Attribute("width")!, CultureInfo.InvariantCulture) / 2)
            : Points((string)element.Attribute("points")!).Average(point => point.X)).Order()];

    private static IEnumerable<XElement> Filled(XElement drawing, string role) =>
        drawing.Descendants().Where(element => ((string?)element.Attribute("style") ?? "").Contains($"fill:var({role})", StringComparison.Ordinal) && element.Name.LocalName is "circle" or "ellipse" or "rect" or "polygon"
            && ((string?)element.Attribute("style") ?? "").Contains(role, StringComparison.Ordinal));

    private static List<(double X, double Y)> Line(XElement drawing, string role) => Shapes(drawing, role).MaxBy(shape => shape.Max(point => point.X) - shape.Min(point => point.X))!;

    private static List<List<(double X, double Y)>> Shapes(XElement drawing, string role) =>
    [
        .. drawing.Descendants().Where(element => ((string?)element.Attribute("style") ?? "").Contains($"stroke:var({role})", StringComparison.Ordinal))
            .Select(element => element.Name.LocalName switch
            {
                "polyline" => Points((string)element.Attribute("points")!),
                "line" => [(Number(element, "x1"), Number(element, "y1")), (Number(element, "x2"), Number(element, "y2"))],
                _ => [],
            })
            .Where(points => points.Count > 1),
    ];

    private static double Number(XElement element, string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);

    private static List<(double X, double Y)> Points(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split(',')).Select(pair => (double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture)))];
}
