using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DQPipeline.Export;

/// <summary>Lays out a safetensors file.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Stands in the checksum's place while it is computed.</summary>
    public const string NoChecksum = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>The length and the header with its checksum, and the arrays in the order in which they follow.</summary>
    public static (byte[] Head, IReadOnlyList<SafetensorsEntry> Arrays) Encode(SafetensorsFile file)
    {
        // Wide elements first keeps every array aligned to its element, whatever follows; then by name, for the same bytes every time.
        SafetensorsEntry[] arrays = [.. file.Entries
            .OrderByDescending(entry => SafetensorsEntry.ElementSize(entry.Type))
            .ThenBy(entry => entry.Name, StringComparer.Ordinal)];
        var header = Header(file.Metadata, arrays);
        var head = new byte[8 + header.Length];
        BinaryPrimitives.WriteInt64LittleEndian(head, header.Length);
        header.CopyTo(head, 8);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        foreach (var array in arrays)
            hash.AppendData(array.Data.Span);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())).CopyTo(head.AsSpan(ChecksumAt(head, NoChecksum)));
        return (head, arrays);
    }

    /// <summary>Where the checksum's 64 characters stand. It is the first property of the header, so that nothing else can be taken for it.</summary>
    public static int ChecksumAt(ReadOnlySpan<byte> head, string value)
    {
        var prefix = Encoding.ASCII.GetBytes($"{{\"__metadata__\":{{\"{SafetensorsFile.ChecksumKey}\":\"");
        return head.Length > 8 && head[8..].StartsWith(prefix) && head[(8 + prefix.Length)..].StartsWith(Encoding.ASCII.GetBytes(value)) ? 8 + prefix.Length : -1;
    }

    private static byte[] Header(IReadOnlyDictionary<string, string> metadata, SafetensorsEntry[] arrays)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString(SafetensorsFile.ChecksumKey, NoChecksum);
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                json.WriteString(key, value);
            json.WriteEndObject();
            long offset = 0;
            foreach (var array in arrays)
            {
                json.WriteStartObject(array.Name);
                json.WriteString("dtype", array.Type);
                WriteNumbers(json, "shape", array.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset + array.Data.Length]);
                json.WriteEndObject();
                offset += array.Data.Length;
            }

            json.WriteEndObject();
        }

        // The format pads its header with spaces, so that the arrays begin at a multiple of eight.
        while (stream.Length % 8 != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
