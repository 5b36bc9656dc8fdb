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
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("metrics", """
            Show the recorded accuracies with their 95 % Wilson intervals; nothing is run.

            Examples:
              dq metrics
              dq metrics --json
            """) { folder, json, set, device };
        command.SetAction(parsed =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var metrics = MetricsReport.Create(opened.Workspace, opened.Graph, Opened.Options(parsed.GetValue(device)!));
            if (parsed.GetValue(json))
                Output.Data(ToolJson.Metrics(metrics));
            else if (metrics.Count > 0)
                MetricsTable.Print(metrics);
            else
                Output.Line("dq: nothing is measured yet; `dq build` measures");
            return DqCommand.Done;
        });
        return command;
    }
}
