using System.CommandLine;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class StatusCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.Folder();
        var json = CommonOptions.Json();
        var set = CommonOptions.Set();
        var device = CommonOptions.Device();
        var command = new Command("status", """
            Tell for each target whether it is up to date, stale and why, or never built.

            Examples:
              dq status
              dq status --json
            """) { folder, json, set, device };
        command.SetAction(parsed =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var status = StatusReport.Create(opened.Workspace, opened.Graph, Opened.Options(parsed.GetValue(device)!));
            if (parsed.GetValue(json))
            {
                Output.Data(ToolJson.Status(status));
                return DqCommand.Done;
            }

            var width = status.Count == 0 ? 0 : Math.Min(48, status.Max(target => Narration.Short(target.Target).Length));
            foreach (var target in status)
                Output.Data($"{Narration.Short(target.Target).PadRight(width)}  {PlainText.Of(State(target))}");
            return DqCommand.Done;
        });
        return command;
    }

    internal static string State(TargetStatus target)
    {
        var state = target.State switch
        {
            TargetState.UpToDate => "up to date",
            TargetState.NeverBuilt => "never built",
            TargetState.Skipped => "skipped",
            TargetState.Broken => "cannot be built",
            _ => "stale",
        };
        // What was never built may say so itself, before where its result is to be had.
        var reasons = target.Reasons.Count > 0 && target.Reasons[0] == state ? target.Reasons.Skip(1) : target.Reasons;
        return target.State == TargetState.UpToDate || !reasons.Any() ? state : $"{state}: {string.Join("; ", reasons)}";
    }
}
