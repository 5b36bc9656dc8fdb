using DQPipeline.Declarations;
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

    /// <summary>Whether the file has this size and hash; a wrong size spares the reading. A file that cannot be read does not.</summary>
    public bool Holds(string path, long size, string sha256)
    {
        try
        {
            return FileStamp.Of(path) is { } stamp && stamp.Size == size && Hash(path) == sha256;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return false;
        }
    }

    /// <summary>Remembers the hash of a file that was written and hashed just now.</summary>
    public void Remember(string path, string sha256)
    {
        if (FileStamp.Of(path) is not { } stamp)
            return;
        var name = _workspace.Relative(path);
        _known[name] = new(name, stamp, !stamp.IsRacy(_time.GetUtcNow()), Convert.FromHexString(sha256));
        _changed = true;
    }

    /// <summary>Forgets the files below a folder, which are then as if they had never been.</summary>
    public void ForgetBelow(string folder)
    {
        var prefix = _workspace.Relative(folder) + "/";
        foreach (var name in _known.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            _changed |= _known.Remove(name);
    }

    /// <summary>Writes what is new. A folder that cannot be written is no error: the next build hashes again.</summary>
    public void Save()
    {
        if (!_changed)
            return;
        var temporary = AtomicFile.TemporaryFor(StatePath);
        try
        {
            _workspace.EnsureDqFolder();
            _ = Directory.CreateDirectory(_workspace.StateFolder);
            using (var stream = AtomicFile.Create(temporary))
            {
                var writer = new StampWriter(stream);
                foreach (var record in _known.Values.OrderBy(r => r.Name, StringComparer.Ordinal))
                    writer.Write(record);
                writer.End("");
            }

            File.Move(temporary, StatePath, overwrite: true);
            _changed = false;
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            AtomicFile.TryDelete(temporary);
        }
    }

    private void Load()
    {
        try
        {
            using var stream = new FileStream(StatePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
            var reader = new StampReader(stream);
            while (reader.Read(out var record))
                _known[record.Name] = record;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _known.Clear();
        }
    }
}
