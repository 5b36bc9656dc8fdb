using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>The content of data sets, for who loads them outside of a build.</summary>
public static class DataContent
{
    /// <summary>What builds call the content of a data set in keys, and by which they know its decoded images again; null for a procedural set. A folder that a build has looked at is not read anew.</summary>
    /// <param name="workspace">Where what saves hashing lies.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="DqException">DQ2001: it is not there, or cannot be read.</exception>
    public static string? Hash(Workspace workspace, DatasetDeclaration dataset, CancellationToken cancellation)
    {
        var files = new FileHashes(workspace, TimeProvider.System);
        var state = new DataFingerprints(workspace, files, TimeProvider.System).Of(dataset, cancellation);
        files.Save();
        return state.Error is { } error ? throw new DqException([error]) : state.Hash is { } hash ? KeyParts.Text(hash) : null;
    }
}
