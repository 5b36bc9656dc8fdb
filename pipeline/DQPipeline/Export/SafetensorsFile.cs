using DQPipeline.Declarations;

namespace DQPipeline.Export;

/// <summary>One named array of a safetensors file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">The word under "dtype": F32, F64, I64, I32 or U8; F16 and BF16 in files of others.</param>
/// <param name="Shape">Lengths of its axes; none for a scalar.</param>
/// <param name="Data">Little-endian, row-major.</param>
internal sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes of an element, or 0 for a type that is not known here.</summary>
    public static int ElementSize(string type) => type switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" => 4,
        "F16" or "BF16" => 2,
        "U8" => 1,
        _ => 0,
    };
}

/// <summary>
/// A safetensors file: eight bytes with the length of a JSON header, the header with each array's type, shape and place, and the arrays, without a gap.
/// Ours also carry the SHA-256 of everything else under <see cref="ChecksumKey"/> of the metadata, so that any change of a bit is noticed. The same
/// content always gives the same bytes.
/// </summary>
/// <param name="Metadata">Words about the whole, without the checksum.</param>
/// <param name="Entries">The arrays.</param>
internal sealed record SafetensorsFile(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SafetensorsEntry> Entries)
{
    /// <summary>The metadata key of the checksum.</summary>
    public const string ChecksumKey = "sha256";

    /// <summary>Writes the file, atomically.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be written.</exception>
    public void Write(string path)
    {
        var (head, arrays) = SafetensorsWriter.Encode(this);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            foreach (var array in arrays)
                stream.Write(array.Data.Span);
        });
    }

    /// <summary>Reads a file of ours and verifies all of it.</summary>
    /// <exception cref="DqException">DQ3005: it is absent, unreadable, damaged, or not made by this.</exception>
    public static SafetensorsFile Read(string path)
    {
        try
        {
            return SafetensorsReader.Decode(Bytes(path));
        }
        catch (InvalidDataException e)
        {
            throw Unusable(path, e.Message, e);
        }
    }

    /// <summary>Reads a file of anyone's: what it says of itself is checked, but it has no checksum to hold.</summary>
    /// <exception cref="InvalidDataException">It is unreadable or damaged, with the reason in words.</exception>
    public static SafetensorsFile ReadForeign(string path) => SafetensorsReader.DecodeForeign(Bytes(path));

    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"it cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>The diagnostic of a file that cannot be used.</summary>
    public static DqException Unusable(string path, string why, Exception? inner = null) => new(
        DiagnosticCodes.ModelCorrupt, $"'{path}' cannot be used: {why}. Delete it and build again.", inner: inner);
}
