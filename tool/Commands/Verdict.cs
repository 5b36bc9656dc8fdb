using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Verdicts;

namespace DQPipeline.Tool.Commands;

/// <summary>Builds, and writes the files by which other programs learn how it ended: of a build that could not even begin too, or the last one's would stand for it.</summary>
internal static class Verdict
{
    /// <param name="files">The files.</param>
    /// <param name="folder">The pipeline's folder.</param>
    /// <param name="build">Builds.</param>
    /// <param name="notBegun">Hears of a build that could not begin, which is no result.</param>
    public static async Task<BuildResult> WriteAsync(VerdictFiles files, string folder, Func<Task<BuildResult>> build, Action<BuildResult>? notBegun = null)
    {
        BuildResult result;
        try
        {
            result = await build();
        }
        catch (DqException failure)
        {
            var whole = WriteNotBegun(files, folder, failure);
            notBegun?.Invoke(NotBegun(whole));
            throw whole;
        }

        files.Write(new Workspace(folder), result);
        return result;
    }

    /// <summary>The failure, and that of writing it beside it.</summary>
    private static DqException WriteNotBegun(VerdictFiles files, string folder, DqException failure)
    {
        try
        {
            files.Write(new Workspace(folder), NotBegun(failure));
            return failure;
        }
        catch (DqException unwritten)
        {
            return new([.. failure.Diagnostics, .. unwritten.Diagnostics], failure);
        }
    }

    private static BuildResult NotBegun(DqException failure) => BuildResult.NotBegun(DqCommand.CodeOf(failure), failure.Diagnostics);
}
