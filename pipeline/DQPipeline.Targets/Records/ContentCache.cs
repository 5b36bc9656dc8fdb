using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Records;

/// <summary>
/// The cache: outputs by their content (<c>objects/ab/SHA-256</c>) and results by key (<c>results/ab/KEY</c>). Everything in it is checked when it is read;
/// what does not hold what its name promises is removed with a warning (DQ6001), and made again.
/// </summary>
internal sealed class ContentCache(string folder, Action<Diagnostic> report)
{
    private static ReadOnlySpan<byte> CheckName => ",\"check\":\""u8;

    /// <summary>Where files lie until they are whole; on the cache's own file system, so that a rename suffices.</summary>
    public string TemporaryFolder { get; } = Path.Combine(folder, "tmp");

    public string ObjectPath(string sha256) => Path.Combine(folder, "objects", sha256[..2], sha256);

    public string ResultPath(string key) => Path.Combine(folder, "results", key[..2], key);

    /// <summary>Whether the bytes of an output seem to be here; they are checked when they are read.</summary>
    public bool Has(TargetOutput output) => FileStamp.Of(ObjectPath(output.Sha256))?.Size == output.Size;

    /// <summary>Takes a finished file in, by renaming where possible; returns what it holds.</summary>
    /// <exception cref="DqException">DQ6004.</exception>
    public TargetOutput Add(string name, string path)
    {
        try
        {
            var hash = Convert.ToHexStringLower(ContentHash.OfFile(path));
            var target = ObjectPath(hash);
            _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var size = new FileInfo(path).Length;
            // The worker flushed it. An object that is there already may be damaged; these bytes are not.
            File.Move(path, target, overwrite: true);
            return new(name, hash, size);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(folder, e);
        }
    }

    /// <summary>Puts a copy of an output at <paramref name="path"/>; false where the cache has no sound one, be it that it cannot be read.</summary>
    /// <exception cref="DqException">DQ6004.</exception>
    public bool Place(TargetOutput output, string path)
    {
        if (!Has(output))
            return false;
        AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
        AtomicFile.Sweep(Path.GetDirectoryName(path)!);
        var temporary = AtomicFile.TemporaryFor(path);
        try
        {
            byte[]? hash;
            using (var stream = AtomicFile.Create(temporary))
            {
                hash = ContentHash.Copy(ObjectPath(output.Sha256), stream);
                stream.Flush(flushToDisk: true);
            }

            if (hash is not null && Convert.ToHexStringLower(hash) == output.Sha256)
            {
                File.Move(temporary, path, overwrite: true);
                return true;
            }
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            AtomicFile.TryDelete(temporary);
            throw AtomicFile.CannotWrite(path, e);
        }

        AtomicFile.TryDelete(temporary);
        RemoveDamaged(ObjectPath(output.Sha256));
        return false;
    }

    /// <summary>The result of a key; null where the cache has no sound one.</summary>
    public TargetRecord? Find(string key)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(ResultPath(key));
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return null;
        }

        if (Decode(bytes, key) is { } record)
            return record;
        RemoveDamaged(ResultPath(key));
        return null;
    }

    /// <summary>The keys of all results, in their order. What is not called like one is none of ours.</summary>
    public IReadOnlyList<string> Keys() => Names("results");

    /// <summary>The hashes by which all files are called.</summary>
    public IReadOnlyList<string> Objects() => Names("objects");

    /// <summary>Whether a file holds what its name promises; one that does not is removed.</summary>
    public bool Check(string sha256)
    {
        if (Convert.ToHexStringLower(ContentHash.OfFile(ObjectPath(sha256))) == sha256)
            return true;
        RemoveDamaged(ObjectPath(sha256));
        return false;
    }

    /// <summary>Records a result under its key.</summary>
    /// <exception cref="DqException">DQ6004.</exception>
    public void Put(TargetRecord record)
    {
        var path = ResultPath(record.Key);
        AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
        AtomicFile.CreateFolder(TemporaryFolder);
        AtomicFile.Write(path, Encode(record), TemporaryFolder);
    }

    /// <summary>A result as a line of JSON that ends with a hash of all before it.</summary>
    public static byte[] Encode(TargetRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, RecordJson.Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("key"u8, record.Key);
            RecordJson.Write(writer, record);
            writer.WriteEndObject();
        }

        // The check hash covers everything before it and closes the object in place of its brace.
        var body = buffer.WrittenSpan[..^1];
        var check = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)));
        return [.. body, .. CheckName, .. check, .. "\"}\n"u8];
    }

    private List<string> Names(string kind)
    {
        var root = Path.Combine(folder, kind);
        return !Directory.Exists(root) ? []
            : [.. Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateFiles).Select(path => Path.GetFileName(path)).Where(name => name.Length == 64 && name.All(char.IsAsciiHexDigitLower)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The result that <see cref="Encode"/> wrote; null where it is damaged, or of another key or version.</summary>
    public static TargetRecord? Decode(byte[] bytes, string key)
    {
        var tail = CheckName.Length + 64 + 3;
        if (bytes.Length <= tail)
            return null;
        var body = bytes.AsSpan(0, bytes.Length - tail);
        var check = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)));
        if (!bytes.AsSpan(body.Length + CheckName.Length, 64).SequenceEqual(check))
            return null;
        try
        {
            return ParseSound([.. body, (byte)'}'], key);
        }
        catch (JsonException)
        {
            return null; // sound, but of another version
        }
    }

    private static TargetRecord? ParseSound(byte[] json, string key)
    {
        var reader = new Utf8JsonReader(json);
        _ = reader.Read();
        string? found = null;
        TargetOutput[] outputs = [];
        Metric[] metrics = [];
        string? standing = null;
        string? curve = null;
        while (RecordJson.NextProperty(ref reader, out var name))
        {
            if (name == "key")
                found = RecordJson.ReadHash(ref reader);
            else if (name == "outputs")
                outputs = RecordJson.ReadOutputs(ref reader);
            else if (name == "metrics")
                metrics = RecordJson.ReadMetrics(ref reader);
            else if (name == "standing")
                standing = RecordJson.ReadText(ref reader);
            else if (name == "curve")
                curve = RecordJson.ReadText(ref reader);
            else
                throw new JsonException();
        }

        return found == key ? new(key, outputs, metrics, standing, curve) : null;
    }

    private void RemoveDamaged(string path)
    {
        AtomicFile.TryDelete(path);
        report(new(
            DiagnosticCodes.CacheCorrupt,
            $"{path} did not hold what its name promises; it {(File.Exists(path) ? "cannot be removed" : "was removed")} and its target is built again", Severity: Severity.Warning));
    }
}
