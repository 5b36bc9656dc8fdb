using System.Collections.Concurrent;
using DQPipeline.Declarations;
using DQPipeline.Targets.Fingerprints;

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
    /// <exception cref="DqException">DQ2002: the data are others than those of the key, or not to be read any more; DQ2007: a file of weights is.</exception>
    public void Check(IReadOnlyList<Node> batch, CancellationToken cancellation)
    {
        var dataset = batch[0].Target.Dataset;
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

    private void CheckData(DatasetDeclaration dataset, Node node, CancellationToken cancellation)
    {
        lock (_sync)
        {
            var data = new DataFingerprints(workspace, Files, time).Of(dataset, cancellation);
            if (data.Error is not null || !Is(node, Planner.DataPart, data.Hash))
                throw _changed[dataset] = new(DiagnosticCodes.DataCorrupt, $"the data of '{dataset.Name}' changed while the build ran, and what was made of them is not taken; build again when nothing writes there");
        }
    }

    /// <summary>A file's hash; null where it is not there, or not to be read any more.</summary>
    private string? HashOf(string path, CancellationToken cancellation)
    {
        try
        {
            return Files.Hash(path, cancellation);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    /// <summary>Whether a hash is the one in a key.</summary>
    private static bool Is(Node node, string part, string? hash) => node.Parts.FirstOrDefault(one => one.Key == part).Value == (hash is null ? null : $"\"{hash}\"");
}
