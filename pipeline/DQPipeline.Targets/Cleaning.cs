using DQPipeline.Declarations;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets;

/// <summary>What <see cref="Cleaning.Run"/> removes besides the placed outputs.</summary>
[Flags]
public enum CleanScope
{
    /// <summary>Only the placed outputs; the next build puts them back from the cache.</summary>
    Outputs = 0,

    /// <summary>The cache: what dq.lock records still stands, but bytes that are needed have to be built again.</summary>
    Cache = 1,

    /// <summary>Checkpoints: broken-off work starts over.</summary>
    Checkpoints = 2,

    /// <summary>Logs.</summary>
    Logs = 4,
}

/// <summary>Removes what builds made. Never touches dq.json, dq.lock or data.</summary>
public static class Cleaning
{
    /// <summary>Removes the outputs and what <paramref name="scope"/> says, and forgets that the outputs were ever here.</summary>
    /// <returns>The bytes that were freed.</returns>
    /// <exception cref="DqException">DQ6007: a build works in the folder; DQ6022: a job with Slurm reads what would go; DQ6004: something cannot be removed.</exception>
    public static long Run(Workspace workspace, CleanScope scope)
    {
        if (!Directory.Exists(workspace.DqFolder))
            return 0;
        using var held = ExclusiveFile.TryOpen(Path.Combine(workspace.DqFolder, "build.lock"))
            ?? throw new DqException(DiagnosticCodes.Busy, $"a build works in {workspace.Folder}; clean when it is done");
        SubmittedJobs.In(workspace).RefuseIfAny();
        var files = new FileHashes(workspace, TimeProvider.System);
        files.ForgetBelow(workspace.OutFolder);
        files.Save();
        var freed = Remove(workspace.OutFolder) + Remove(workspace.WorkFolder);
        if (scope.HasFlag(CleanScope.Cache))
            freed += Remove(workspace.CacheFolder);
        if (scope.HasFlag(CleanScope.Checkpoints))
            freed += Remove(workspace.CheckpointsFolder);
        if (scope.HasFlag(CleanScope.Logs))
            freed += Remove(workspace.LogsFolder);
        return freed;
    }

    private static long Remove(string folder)
    {
        if (!Directory.Exists(folder))
            return 0;
        try
        {
            var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
            Directory.Delete(folder, recursive: true);
            return bytes;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(folder, e);
        }
    }
}
