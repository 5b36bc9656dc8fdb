using System.Collections.Concurrent;
using DQPipeline.Declarations;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Building;

/// <summary>
/// Looks at the files that a worker read, data and weights, once it has read them: a result goes under a key that was made of them when the build began, and what changed since is not what the key says.
/// Stamps tell, so that a look at data that did not change reads nothing.
/// </summary>
internal sealed class ReadFiles(Workspace workspace, TimeProvider time)
{
    private readonly Lock _sync = new();
    private readonly ConcurrentDictionary<DatasetDeclaration, DqException> _changed = [];
    private readonly ConcurrentDictionary<DatasetDeclaration, SharedLook> _looks = [];
    private FileHashes? _files;

    private FileHashes Files => _files ??= new(workspace, time);

    /// <summary>Whether there is anything to look at for a target.</summary>
    public static bool Reads(Node node) => node.Target.Dataset is StoredDatasetDeclaration || node.Target.InputFiles.Count > 0;

    /// <summary>Refuses what was found to have changed before: a worker would read it for nothing.</summary>
    /// <exception cref="DqException">DQ2002, as then.</exception>
    public void RefuseIfChanged(Node node)
    {
        if (_changed.TryGetValue(node.Target.Dataset, out var change))
            throw new DqException(change.Diagnostics, change);
    }

    /// <summary>Looks at the files of a batch, which reads the same data. A folder of a million images takes seconds, so batches that end together share a look.</summary>
    /// <returns>Null where they are those of the keys; else why nobody can tell just now: a disk that is away for a moment has not changed, and days of training must not be thrown away for it.</returns>
    /// <exception cref="DqException">DQ2002: the data are others than those of the key; DQ2007: a file of weights is.</exception>
    public DqException? Check(IReadOnlyList<Node> batch, CancellationToken cancellation)
    {
        var dataset = batch[0].Target.Dataset;
        try
        {
            _looks.GetOrAdd(dataset, _ => new()).Take(() => CheckData(dataset, batch[0], cancellation));
            lock (_sync)
            {
                foreach (var node in batch)
                {
                    foreach (var (part, path) in node.Target.InputFiles)
                    {
                        if (!Is(node, part, HashOf(path, cancellation)))
                            throw new DqException(DiagnosticCodes.Weights, $"the {part} of '{node.Target.Name}' at {path} changed while the build ran, and what was made of them is not taken; build again when nothing writes there", node.Target.Place);
                    }
                }
            }
        }
        catch (AwayException e)
        {
            return new(e.Code, $"{e.Message.TrimEnd('.')}: whether they are still what the build was to read cannot be told, and what was made of them is not taken; build again when they are there, and it goes on from its checkpoint", inner: e);
        }

        return null;
    }

    private void CheckData(DatasetDeclaration dataset, Node node, CancellationToken cancellation)
    {
        lock (_sync)
        {
            var data = new DataFingerprints(workspace, Files, time).Of(dataset, cancellation);
            // An empty folder is what is left where a disk was mounted.
            if (data.Absent || data.Error?.Code == DiagnosticCodes.DataMissing || data.Hash == FolderFingerprint.OfNothing)
                throw new AwayException(DiagnosticCodes.DataMissing, $"the data of '{dataset.Name}' are not there any more");
            if (data.Error is not null)
                throw new AwayException(data.Error.Code, data.Error.Message);
            if (!Is(node, Planner.DataPart, data.Hash))
                throw _changed[dataset] = new(DiagnosticCodes.DataCorrupt, $"the data of '{dataset.Name}' changed while the build ran, and what was made of them is not taken; build again when nothing writes there");
        }
    }

    private string HashOf(string path, CancellationToken cancellation)
    {
        try
        {
            return Files.Hash(path, cancellation) ?? throw new AwayException(DiagnosticCodes.Weights, $"{path} is not there any more");
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw new AwayException(DiagnosticCodes.Weights, $"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether a hash is the one in a key.</summary>
    private static bool Is(Node node, string part, string? hash) => node.Part(part) == (hash is null ? null : KeyParts.Text(hash));

    /// <summary>A file that cannot be looked at.</summary>
    private sealed class AwayException(string code, string message) : Exception(message)
    {
        public string Code => code;
    }
}
