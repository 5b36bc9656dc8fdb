using System.Globalization;
using DQPipeline.Targets.Outputs;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>A certificate as two tables, models and their layers, and a sentence for each model whose certificate says nothing.</summary>
internal static class CertificateTable
{
    private const int CellWidth = 20;
    private const int RadiusWidth = 11;
    private const int NumbersWidth = 50;

    public static void Print(string name, CertificateContent content)
    {
        PrintModels(name, content.Models);
        if (content.Models.Count * CellWidth + 30 <= Output.ForPeople.Profile.Width)
            PrintLayers(name, content.Models);
        foreach (var model in content.Models.Where(model => model.Vacuous))
        {
            var unit = UnitOfAll(model);
            Output.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: the certificate of {model.Model} is vacuous. Its largest radius is {Short(model.Largest)}, below 1, the length of one value changed by one unit; {Words.Percent(unit.Share)} of the images are certified at {Short(unit.Radius)}, one unit in every value."));
        }
    }

    private static void PrintModels(string name, IReadOnlyList<CertifiedModel> models)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped($"{name}: certified L2 radii in pixel units, without quantizers")) };
        table.AddColumn(new TableColumn("model").NoWrap());
        foreach (var title in (string[])["right", "L ≤", "L ≥", "median"])
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        // Where the shares do not fit side by side, they stand in one cell, which may take several lines.
        var isWide = (models[0].Radii.Count * RadiusWidth) + models.Max(model => model.Model.Length) + NumbersWidth <= Output.ForPeople.Profile.Width;
        foreach (var title in isWide ? models[0].Radii.Select(radius => $"≥ {Short(radius.Radius)}") : ["share certified at a radius"])
            table.AddColumn(isWide ? new TableColumn(title).RightAligned() : new TableColumn(title));
        foreach (var model in models)
        {
            string[] shares = isWide ? [.. model.Radii.Select(radius => Words.Percent(radius.Share))]
                : [string.Join(", ", UpToNone(model.Radii).Select(radius => $"{Short(radius.Radius)}: {Words.Percent(radius.Share)}"))];
            table.AddRow([Output.Escaped(model.Model), Words.Percent((double)model.Correct / model.Samples), Short(model.Logits), Short(model.Quotient), Short(model.Median), .. shares]);
        }

        Output.ForPeople.Write(table);
    }

    private static void PrintLayers(string name, IReadOnlyList<CertifiedModel> models)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped($"{name}: norm of each layer at most, × normalised distance from there to the next convolution under attack")) };
        table.AddColumn("layer");
        foreach (var model in models)
            table.AddColumn(new TableColumn(Output.Escaped(model.Model)).RightAligned());
        // What has norm 1 in every network is left out, and so are sums, which have none.
        var rows = models.SelectMany(model => model.Layers).Where(layer => layer.Bound is not null && layer.Kind is not ("activation" or "max pool")).Select(layer => (layer.Name, layer.Kind)).Distinct();
        foreach (var row in rows)
            table.AddRow([Output.Escaped(row.Name), .. models.Select(model => model.Layers.FirstOrDefault(layer => (layer.Name, layer.Kind) == row) is { } layer ? Cell(layer) : "")]);
        Output.ForPeople.Write(table);
    }

    /// <summary>Radii rise, so that behind the first at which nothing is certified there is nothing to tell.</summary>
    private static IEnumerable<CertifiedRadius> UpToNone(IReadOnlyList<CertifiedRadius> radii) => radii.TakeWhile((_, place) => place == 0 || radii[place - 1].Certified > 0);

    private static CertifiedRadius UnitOfAll(CertifiedModel model) => model.Radii.MinBy(radius => Math.Abs(radius.Linf - 1))!;

    private static string Cell(CertifiedLayer layer) =>
        layer.Amplification is { } amplification ? string.Create(CultureInfo.InvariantCulture, $"{Short(layer.Bound!.Value)} [grey]× {amplification:0.00}[/]") : Short(layer.Bound!.Value);

    private static string Short(double value) => value.ToString(value is 0 or (>= 0.01 and < 100) ? "0.##" : value is >= 100 and < 10_000 ? "0" : "0.0e0", CultureInfo.InvariantCulture);
}
