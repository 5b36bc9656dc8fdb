using System.Buffers.Binary;

namespace DQPipeline.Fuzz;

/// <summary>The header of a safetensors file: eight bytes with its length, then JSON.</summary>
internal static class Header
{
    /// <summary>The file with another header and its length made right again; null where it has none, or where the change comes to nothing.</summary>
    public static byte[]? Changed(byte[] file, Func<byte[], byte[]?> change)
    {
        if (file.Length < sizeof(long) || BinaryPrimitives.ReadInt64LittleEndian(file) is var length && (length < 0 || length > file.Length - sizeof(long)))
            return null;
        var end = sizeof(long) + (int)length;
        return change(file[sizeof(long)..end]) is { } header ? [.. BitConverter.GetBytes((long)header.Length), .. header, .. file.AsSpan(end)] : null;
    }
}
