using System.Globalization;
using DQPipeline.Targets.Outputs;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>Distances as a table: layers and strengths down, models and their bits across where they fit, else one line a point.</summary>
internal static class DistanceTable
{
    private const int CellWidth = 18;

    public static void Print(string name, IReadOnlyList<DistancePoint> points)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped($"{name}: normalised distance (± deviation between images)")) };
        var series = points.Select(p => (p.Model, p.Bits)).Distinct().ToList();
        if (series.Count * CellWidth + 24 <= Output.ForPeople.Profile.Width)
            FillAcross(table, series, points);
        else
            FillDown(table, points);
        Output.ForPeople.Write(table);
    }

    private static void FillAcross(Table table, List<(string Model, int? Bits)> series, IReadOnlyList<DistancePoint> points)
    {
        // Other networks call their layers otherwise: then the number of the layer is what lines them up.
        var rows = points.GroupBy(p => (p.Epsilon, p.Layer)).OrderBy(g => g.Key).ToList();
        var named = rows.TrueForAll(row => row.Select(p => p.Name).Distinct().Count() == 1);
        table.AddColumns("layer", "ε");
        foreach (var one in series)
            table.AddColumn(new TableColumn(Output.Escaped($"{one.Model}{(one.Bits is { } bits ? $", {bits}-bit" : "")}")).RightAligned());
        foreach (var row in rows)
        {
            table.AddRow([
                Output.Escaped(named ? row.First().Name : row.Key.Layer.ToString(CultureInfo.InvariantCulture)),
                Words.Epsilon(row.Key.Epsilon),
                .. series.Select(one => row.FirstOrDefault(p => p.Model == one.Model && p.Bits == one.Bits) is { } point ? Cell(point) : ""),
            ]);
        }
    }

    private static void FillDown(Table table, IReadOnlyList<DistancePoint> points)
    {
        table.AddColumns("model", "bits", "layer", "ε");
        table.AddColumn(new TableColumn("distance").RightAligned());
        foreach (var point in points)
            table.AddRow(Output.Escaped(point.Model), point.Bits?.ToString(CultureInfo.InvariantCulture) ?? "", Output.Escaped(point.Name), Words.Epsilon(point.Epsilon), Cell(point));
    }

    private static string Cell(DistancePoint point) => point.Mean is { } mean
        ? string.Create(CultureInfo.InvariantCulture, $"{mean:0.0000} [grey]± {point.Deviation:0.0000}[/]") : "–";
}
