using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>Accuracies as a table: attacks down, models across where they fit, else one line a measurement.</summary>
internal static class MetricsTable
{
    /// <summary>Columns that a cell takes with its border: <c>95.6 % 93.4–97.1</c>, and shortened <c>95.6 93–97</c>.</summary>
    private const int CellWidth = 19;

    private const int ShortCellWidth = 13;

    private const int FirstColumnWidth = 16;

    public static void Print(IReadOnlyList<MetricRecord> metrics)
    {
        foreach (var evaluation in metrics.GroupBy(metric => metric.Target))
        {
            var models = evaluation.Select(metric => metric.Model).Distinct().ToList();
            var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped(Title(evaluation.Key, [.. evaluation]))) };
            var width = Output.ForPeople.Profile.Width - FirstColumnWidth;
            if (models.Count * ShortCellWidth <= width && models.TrueForAll(model => model.Length <= ShortCellWidth - 3))
                FillAcross(table, models, evaluation, isShort: models.Count * CellWidth > width);
            else if (models.Count * CellWidth <= width)
                FillAcross(table, models, evaluation, isShort: false);
            else
                FillDown(table, evaluation);
            Output.ForPeople.Write(table);
        }
    }

    private static string Title(string evaluation, IReadOnlyList<MetricRecord> metrics)
    {
        var samples = metrics.Select(metric => metric.Samples).Distinct().ToList();
        return $"{evaluation}: accuracy in % (95 % interval){(samples is [var count] ? $", {Words.Count(count, "image")}" : "")}";
    }

    private static void FillAcross(Table table, List<string> models, IEnumerable<MetricRecord> metrics, bool isShort)
    {
        table.AddColumn("attack");
        foreach (var model in models)
            table.AddColumn(new TableColumn(Output.Escaped(model)).RightAligned());
        // Worst cases stay below attacks that not every model is measured under.
        foreach (var row in metrics.GroupBy(metric => (metric.Attack, metric.Epsilon, metric.BlackBox)).OrderBy(row => AttackDeclaration.NormOfWorst(row.Key.Attack) is not null))
        {
            var cells = models.Select(model => row.FirstOrDefault(metric => metric.Model == model) is { } metric ? Cell(metric, isShort) : "");
            table.AddRow([Output.Escaped(Attack(row.First())), .. cells]);
            if (row.Any(metric => metric.Detected is not null))
                table.AddRow([Detection(row.First()), .. models.Select(model => row.FirstOrDefault(metric => metric.Model == model) is { } metric ? DetectionCell(metric) : "")]);
        }
    }

    private static void FillDown(Table table, IEnumerable<MetricRecord> metrics)
    {
        table.AddColumns("model", "attack");
        table.AddColumn(new TableColumn("accuracy").RightAligned());
        foreach (var metric in metrics)
        {
            table.AddRow(Output.Escaped(metric.Model), Output.Escaped(Attack(metric)), Cell(metric, isShort: false));
            if (metric.Detected is not null)
                table.AddRow("", Detection(metric), DetectionCell(metric));
        }
    }

    private static string Attack(MetricRecord metric) =>
        metric.Attack == "clean" ? "clean" : $"{metric.Attack}{(metric.BlackBox ? " (B)" : "")} ε={Words.Epsilon(metric.Epsilon)}";

    /// <summary>What a detector's line below the accuracy is about.</summary>
    private static string Detection(MetricRecord metric) => metric.Attack == "clean" ? "  false alarms" : "  detected";

    private static string DetectionCell(MetricRecord metric) => (metric.FalseAlarmRate ?? metric.DetectionRate) is { } rate
        ? $"{Words.Percent(rate)} [grey]{Words.Interval(metric.DetectionLow!.Value, metric.DetectionHigh!.Value)}[/]"
        : metric.Detected is null ? "" : "[grey]none succeeded[/]";

    private static string Cell(MetricRecord metric, bool isShort) => isShort
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * metric.Accuracy:0.0} [grey]{100 * metric.Low:0}–{100 * metric.High:0}[/]{(metric.Current ? "" : "[yellow]*[/]")}")
        : $"{Words.Percent(metric.Accuracy)} [grey]{Words.Interval(metric.Low, metric.High)}[/]{(metric.Current ? "" : " [yellow]stale[/]")}";
}
