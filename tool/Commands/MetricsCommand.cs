using System.CommandLine;
using DQPipeline.Targets.Reports;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class MetricsCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.Folder();
        var json = CommonOptions.Json();
        var format = new Option<string>("--format")
        {
            Description = "table; paper (a row a model, an attack's accuracies at rising ε as 74/42/26); json; csv; markdown (the paper's layout).",
            HelpName = string.Join('|', MetricsFormat.All),
            DefaultValueFactory = _ => "table",
        };
        format.AcceptOnlyFromAmong(MetricsFormat.All);
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("metrics", """
            Show the recorded accuracies with their 95 % Wilson intervals; nothing is run.

            Examples:
              dq metrics
              dq metrics --json
              dq metrics --format paper
              dq metrics diff main         what became of them since a git revision
            """) { folder, json, format, set, device, MetricsDiffCommand.Create(folder) };
        command.SetAction(parsed =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var recorded = RecordedResults.Create(opened.Workspace, opened.Graph, Opened.Options(parsed.GetValue(device)!));
            var metrics = recorded.Metrics;
            var chosen = parsed.GetValue(json) ? "json" : parsed.GetValue(format)!;
            var isForPeople = MetricsFormat.IsForPeople(chosen);
            if (metrics.Count > 0 || !isForPeople)
                MetricsFormat.Print(chosen, metrics);
            var stale = opened.Graph.Targets.Except(recorded.Targets.Where(target => target.Current).Select(target => target.Target)).ToHashSet();
            if (isForPeople && !ModelsView.Print(opened.Graph.Targets, opened.Workspace, stale) && metrics.Count == 0)
                Output.Line("dq: nothing is measured yet; `dq build` measures");
            return DqCommand.Done;
        });
        return command;
    }
}
