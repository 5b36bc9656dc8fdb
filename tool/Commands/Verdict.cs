using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Verdicts;

namespace DQPipeline.Tool.Commands;

/// <summary>Builds, and writes the files by which other programs learn how it ended: of a build that could not even begin too, or the last one's would stand for it.</summary>
internal static class Verdict
{
    public static async Task<BuildResult> WriteAsync(VerdictFiles files, string folder, Func<Task<BuildResult>> build)
    {
        BuildResult result;
        try
        {
            result = await build();
        }
        catch (DqException failure)
        {
            WriteNotBegun(files, folder, failure);
            throw;
        }

        files.Write(new Workspace(folder), result);
        return result;
    }

    private static void WriteNotBegun(VerdictFiles files, string folder, DqException failure)
    {
        try
        {
            files.Write(new Workspace(folder), BuildResult.NotBegun(DqCommand.CodeOf(failure), failure.Diagnostics));
        }
        catch (DqException unwritten)
        {
            throw new DqException([.. failure.Diagnostics, .. unwritten.Diagnostics], failure);
        }
    }
}
