using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>
/// Hashes of single files (placed outputs, data in one file), remembered between builds with the files' stamps in <c>.dq/state/files</c>.
/// What is remembered saves only work: a lost or damaged memory means that files are hashed once more.
/// </summary>
internal sealed class FileHashes
{
    private readonly Workspace _workspace;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, StampRecord> _known = [];
    private bool _changed;

    public FileHashes(Workspace workspace, TimeProvider time)
    {
        _workspace = workspace;
        _time = time;
        Load();
    }

    private string StatePath => Path.Combine(_workspace.StateFolder, "files");

    /// <summary>Whether a file of this path was ever hashed here and not forgotten since.</summary>
    public bool Remembers(string path) => _known.ContainsKey(_workspace.Relative(path));

    /// <summary>The hash of a file as lower-case hexadecimal digits; null where there is no regular file. Reads it only where its stamp is new or young.</summary>
    public string? Hash(string path, CancellationToken cancellation = default)
    {
        if (FileStamp.Of(path) is not { } stamp)
            return null;
        var name = _workspace.Relative(path);
        if (_known.TryGetValue(name, out var known) && known.Proves(stamp))
            return Convert.ToHexStringLower(known.Hash);
        var now = _time.GetUtcNow();
        var hash = ContentHash.OfFile(path, cancellation);
        _known[name] = new(name, stamp, !stamp.IsRacy(now), hash);
        _changed = true;
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Whether the file has this size and hash; a wrong size spares the reading.</summary>
    public bool Holds(string path, long size, string sha256) => FileStamp.Of(path) is { } stamp && stamp.Size == size && Hash(path) == sha256;

    /// <summary>Forgets a file, which is then as if it had never been.</summary>
    public void Forget(string path) => _changed |= _known.Remove(_workspace.Relative(path));

    /// <summary>Writes what is new. A folder that cannot be written is no error: the next build hashes again.</summary>
    public void Save()
    {
        if (!_changed || !Directory.Exists(_workspace.DqFolder))
            return;
        var temporary = AtomicFile.TemporaryFor(StatePath);
        try
        {
            _ = Directory.CreateDirectory(_workspace.StateFolder);
            using (var stream = AtomicFile.Create(temporary))
            using (var writer = new StampWriter(stream))
            {
                foreach (var record in _known.Values.OrderBy(r => r.Name, StringComparer.Ordinal))
                    writer.Write(record);
                writer.End("");
            }

            File.Move(temporary, StatePath, overwrite: true);
            _changed = false;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            AtomicFile.TryDelete(temporary);
        }
    }

    private void Load()
    {
        try
        {
            using var stream = new FileStream(StatePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
            using var reader = new StampReader(stream);
            while (reader.Read(out var record))
                _known[record.Name] = record;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _known.Clear();
        }
    }
}
