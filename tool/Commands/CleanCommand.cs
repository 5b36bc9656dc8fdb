using System.CommandLine;
using DQPipeline.Targets;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class CleanCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.ExistingFolder();
        var all = new Option<bool>("--all") { Description = "Also the cache, the checkpoints and the logs. What dq.lock records still stands; files that are needed have to be built again: dq build TARGET." };
        var command = new Command("clean", """
            Remove placed outputs; the next build restores them from the cache. dq.lock stays.

            Examples:
              dq clean
              dq clean --all     also the cache, checkpoints and logs
            """) { folder, all };
        command.SetAction(parsed =>
        {
            var workspace = new Workspace(parsed.GetValue(folder)!);
            var freed = Cleaning.Run(workspace, parsed.GetValue(all) ? CleanScope.Cache | CleanScope.Checkpoints | CleanScope.Logs : CleanScope.Outputs);
            Output.Line($"dq: removed {Words.Bytes(freed)}");
            return DqCommand.Done;
        });
        return command;
    }
}
