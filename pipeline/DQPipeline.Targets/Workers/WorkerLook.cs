using DQPipeline.Declarations;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Workers;

/// <summary>
/// A worker's own look at the files that it has read. On a cluster it starts, and starts again, when the front end may be gone: whoever attaches later sees the files of that day, and not those that were read.
/// </summary>
public static class WorkerLook
{
    /// <summary>Holds data and files against what the job's keys were made of; nothing where the front end does so.</summary>
    /// <exception cref="DqException">DQ2002: the data are others; DQ2007: a file is another. DQ2xxx: they cannot be read.</exception>
    public static void Check(WorkerJob job, CancellationToken cancellation)
    {
        if (job.LooksFrom is null)
            return;
        var workspace = new Workspace(job.LooksFrom);
        var files = new FileHashes(workspace, TimeProvider.System);
        var dataset = Declaration.FromJson<DatasetDeclaration>(job.Dataset);
        var data = new DataFingerprints(workspace, files, TimeProvider.System, remembers: false).Of(dataset, cancellation);
        if (data.Error is { } error)
            throw new DqException([error]);
        if (job.DataHash != (data.Hash is null ? null : KeyParts.Text(data.Hash)))
            throw new DqException(DiagnosticCodes.DataCorrupt, $"the data of '{dataset.Name}' changed since the job was submitted; build again when they are what they are to be, and it goes on from its checkpoint");
        foreach (var (path, hash) in job.FileHashes ?? new Dictionary<string, string>())
        {
            if (HashOf(files, path, cancellation) != hash)
                throw new DqException(DiagnosticCodes.Weights, $"{path} changed since the job was submitted; build again when it is what it is to be");
        }
    }

    private static string? HashOf(FileHashes files, string path, CancellationToken cancellation)
    {
        try
        {
            return files.Hash(path, cancellation);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw new DqException(DiagnosticCodes.Weights, $"{path} cannot be read: {e.Message}", inner: e);
        }
    }
}
