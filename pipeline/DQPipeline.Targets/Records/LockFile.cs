using System.Buffers;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Records;

/// <summary>
/// dq.lock: the recorded result of every target, sorted, so that it merges and its differences read well. It is committed to git; nothing of this machine is in it.
/// Who pulls or merges while a build of days goes on is not written over: what changed on the disk is read again, and the build's own results are laid over it.
/// </summary>
internal sealed class LockFile
{
    private const int Version = 2;

    private readonly string _path;
    private readonly Dictionary<string, LockEntry> _own = [];
    private readonly HashSet<string> _seen;
    private readonly Dictionary<string, LockEntry> _entries;
    private Dictionary<string, LockEntry>? _byKey;
    private Dictionary<string, LockEntry> _written;
    private FileStamp? _stamp;

    private LockFile(string path, Dictionary<string, LockEntry> entries, FileStamp? stamp) => (_path, _entries, _written, _seen, _stamp) = (path, entries, entries, [.. entries.Keys], stamp);

    /// <summary>What was read, and set since. What others write meanwhile is kept in the file, and is nothing that the build was planned on.</summary>
    public IReadOnlyDictionary<string, LockEntry> Entries => _entries;

    /// <summary>Reads dq.lock; an absent one is empty.</summary>
    /// <exception cref="DqException">DQ6002 with the line and the mend.</exception>
    public static LockFile Read(string path)
    {
        // Before the bytes: what changes in between is then seen as changed.
        var stamp = FileStamp.Of(path);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(path, [], null);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw new DqException(DiagnosticCodes.LockUnreadable, $"{path} cannot be read: {e.Message}; give yourself the right to read it", inner: e);
        }

        return new(path, LockParser.Parse(path, bytes, Version), stamp);
    }

    /// <summary>The dq.lock of this content.</summary>
    /// <exception cref="DqException">DQ6002 with the line and the mend.</exception>
    public static LockFile Parse(string path, byte[] content) => new(path, LockParser.Parse(path, content, Version), null);

    public LockEntry? Find(string id) => _entries.GetValueOrDefault(id);

    /// <summary>The result of a key, under whatever name it was recorded.</summary>
    public TargetRecord? FindByKey(string key)
    {
        if (_byKey is null)
        {
            _byKey = new(_entries.Count);
            foreach (var entry in _entries.Values)
                _byKey[entry.Record.Key] = entry;
        }

        return _byKey.GetValueOrDefault(key)?.Record;
    }

    /// <summary>Sets what is recorded of a target; true where that is a change.</summary>
    public bool Set(string id, TargetRecord record, IReadOnlyList<KeyValuePair<string, string>> parts)
    {
        if (_entries.TryGetValue(id, out var old) && old.Record.Same(record))
            return false;
        var entry = new LockEntry(record, parts);
        _entries[id] = _own[id] = _written[id] = entry;
        if (_byKey is not null)
            _byKey[record.Key] = entry;
        return true;
    }

    /// <summary>Writes the entries of those targets that are still <paramref name="declared"/>, and of those that others recorded meanwhile.</summary>
    /// <exception cref="DqException">DQ6004; DQ6002: it was changed meanwhile, to what cannot be read, and is left as it is.</exception>
    public void Write(Func<string, bool> declared)
    {
        TakeIn();
        var buffer = new ArrayBufferWriter<byte>(Math.Max(4096, _written.Count * 1024));
        using (var writer = new Utf8JsonWriter(buffer, RecordJson.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version"u8, Version);
            writer.WriteStartObject("targets"u8);
            foreach (var (id, entry) in _written.Where(e => declared(e.Key) || !_seen.Contains(e.Key)).OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                writer.WriteStartObject(id);
                entry.Write(writer);
                writer.WriteString(EntryCheck.Name, EntryCheck.Of(id, entry.Write));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        AtomicFile.Write(_path, buffer.WrittenSpan);
        _stamp = FileStamp.Of(_path);
    }

    /// <summary>Reads what somebody else wrote since the last reading or writing; what this build set goes over it.</summary>
    private void TakeIn()
    {
        // One that is gone says nothing.
        if (FileStamp.Of(_path) is not { } now || now == _stamp)
            return;
        _written = Read(_path)._entries;
        foreach (var (id, entry) in _own)
            _written[id] = entry;
    }
}
