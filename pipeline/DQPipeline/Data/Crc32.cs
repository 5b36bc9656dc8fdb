namespace DQPipeline.Data;

/// <summary>The checksum of .zip entries (polynomial 0xEDB88320), which System.IO.Compression does not verify.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1))];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    /// <exception cref="Declarations.DqException">DQ2002: the bytes are not those that were packed.</exception>
    public static void Verify(ReadOnlySpan<byte> bytes, uint expected, string name)
    {
        if (Of(bytes) != expected)
            throw DataErrors.Corrupt($"{name} does not match its checksum: the archive is damaged. Make or fetch it again.");
    }
}
