using System.Globalization;
using System.Xml.Linq;
using DQPipeline.Reports.Drawing;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>A chart on a page: title, legend, the drawing in two sizes of which the page shows one, and its numbers.</summary>
internal static class ChartFigure
{
    public static XElement Of(Chart chart) => E(
        "figure",
        E("figcaption", chart.Title),
        E("ul", A("class", "legend"), chart.Series.Select((series, place) => E("li", SvgDrawing.Mark(place, chart.Joined), series.Name))),
        E("div", A("class", "broad"), SvgDrawing.Inline(chart, 560, 320)),
        E("div", A("class", "narrow"), SvgDrawing.Inline(chart, 340, 280)),
        E("details", E("summary", "The numbers"), Numbers(chart)));

    private static XElement Numbers(Chart chart)
    {
        var places = chart.Series.SelectMany(series => series.Points.Select(point => point.X)).Distinct().Order().ToList();
        var head = chart.Horizontal.Length > 0 ? chart.Horizontal : "model";
        return Table(chart.Title, [head, .. chart.Series.Select(series => series.Name)], places.Select(x => (IEnumerable<object>)
        [
            chart.Categories.Count > 0 ? chart.Categories[(int)x] : x.ToString("0.####", CultureInfo.InvariantCulture),
            .. chart.Series.Select(series => series.Points.FirstOrDefault(point => point.X == x) is { } point ? (object)Cell(point, chart.Decimals) : "–"),
        ]), "numbers");
    }

    private static XElement Cell(ChartPoint point, int decimals)
    {
        string Number(double value) => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return E("td", Number(point.Y), point.High > point.Low ? E("span", A("class", "interval"), $"{Number(point.Low)}–{Number(point.High)}") : null);
    }
}
