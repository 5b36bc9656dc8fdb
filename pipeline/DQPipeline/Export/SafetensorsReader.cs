using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DQPipeline.Export;

/// <summary>Takes a safetensors file apart and believes nothing that it says before it is checked.</summary>
internal static class SafetensorsReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The file's content.</summary>
    /// <exception cref="InvalidDataException">What is wrong with it.</exception>
    public static SafetensorsFile Decode(byte[] bytes)
    {
        var (file, headLength) = Parse(bytes);
        if (!file.Metadata.TryGetValue(SafetensorsFile.ChecksumKey, out var checksum))
            throw new InvalidDataException("it has no checksum, so it was not made by DQPipeline");
        Verify(bytes, headLength, checksum);
        return file with { Metadata = file.Metadata.Where(word => word.Key != SafetensorsFile.ChecksumKey).ToDictionary() };
    }

    /// <summary>The content of a file that anyone made, which need not have a checksum.</summary>
    /// <exception cref="InvalidDataException">What is wrong with it.</exception>
    public static SafetensorsFile DecodeForeign(byte[] bytes) => Parse(bytes).File;

    private static (SafetensorsFile File, int HeadLength) Parse(byte[] bytes)
    {
        if (bytes.Length < 8)
            throw new InvalidDataException("it is shorter than a safetensors header");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > (ulong)(bytes.Length - 8))
            throw new InvalidDataException($"its header claims {length} bytes, and the file has {bytes.Length}: it is cut short or no safetensors file");
        var header = bytes.AsMemory(8, (int)length);
        try
        {
            using var json = JsonDocument.Parse(header, Strict);
            return (Decode(json.RootElement, bytes.AsMemory(8 + header.Length)), 8 + header.Length);
        }
        // A string with a broken escape is found out only when it is read, and then as an invalid operation.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException($"its header is damaged ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static SafetensorsFile Decode(JsonElement root, ReadOnlyMemory<byte> data)
    {
        var metadata = new Dictionary<string, string>();
        var entries = new List<(long Begin, SafetensorsEntry Entry)>();
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals("__metadata__"))
            {
                foreach (var word in property.Value.EnumerateObject())
                    metadata.Add(word.Name, word.Value.GetString() ?? throw new InvalidDataException($"its metadata '{word.Name}' is no text"));
            }
            else
            {
                entries.Add(Entry(property.Name, property.Value, data));
            }
        }

        long end = 0;
        foreach (var (begin, entry) in entries.OrderBy(pair => (pair.Begin, pair.Entry.Data.Length)))
        {
            if (begin != end)
                throw new InvalidDataException($"array '{entry.Name}' {(begin < end ? "overlaps" : "leaves a gap after")} the one before it");
            end += entry.Data.Length;
        }

        if (end != data.Length)
            throw new InvalidDataException($"its arrays end at byte {end} of {data.Length}");
        return new SafetensorsFile(metadata, [.. entries.Select(pair => pair.Entry)]);
    }

    private static (long Begin, SafetensorsEntry Entry) Entry(string name, JsonElement value, ReadOnlyMemory<byte> data)
    {
        var type = value.GetProperty("dtype").GetString() ?? "";
        long[] shape = [.. value.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64())];
        long[] offsets = [.. value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        var size = SafetensorsEntry.ElementSize(type);
        if (size == 0)
            throw new InvalidDataException($"array '{name}' has the unknown type '{type}'");
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > data.Length)
            throw new InvalidDataException($"array '{name}' lies outside the file");
        long bytes = size;
        foreach (var axis in shape)
        {
            if (axis < 0 || (axis > 0 && bytes > data.Length / axis))
                throw new InvalidDataException($"array '{name}' claims more than the file holds");
            bytes *= axis;
        }

        return bytes == offsets[1] - offsets[0]
            ? (offsets[0], new SafetensorsEntry(name, type, shape, data.Slice((int)offsets[0], (int)bytes)))
            : throw new InvalidDataException($"array '{name}' has {offsets[1] - offsets[0]} bytes where its shape needs {bytes}");
    }

    private static void Verify(ReadOnlySpan<byte> bytes, int headLength, string checksum)
    {
        var at = checksum.Length == SafetensorsWriter.NoChecksum.Length ? SafetensorsWriter.ChecksumAt(bytes[..headLength], checksum) : -1;
        if (at < 0)
            throw new InvalidDataException("its checksum does not stand where it belongs");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes[..at]);
        hash.AppendData(Encoding.ASCII.GetBytes(SafetensorsWriter.NoChecksum));
        hash.AppendData(bytes[(at + checksum.Length)..]);
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != checksum)
            throw new InvalidDataException("its checksum does not match its content: it is damaged");
    }
}
