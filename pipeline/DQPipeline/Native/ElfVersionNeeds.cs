using System.Buffers.Binary;
using System.Text;

namespace DQPipeline.Native;

/// <summary>
/// Reads and relaxes the version needs of an ELF library (section <c>.gnu.version_r</c>, 64-bit little-endian; layout: System V ABI,
/// Linux Standard Base "Symbol Versioning").
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint VersionNeedsSection = 0x6ffffffe;
    private const ushort WeakFlag = 2;
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int EntrySize = 16;

    /// <summary>
    /// A copy of <paramref name="elf"/> in which the need for <paramref name="version"/> is weak, so that the loader no longer refuses
    /// a system without it; null where the library has no such (strong) need.
    /// </summary>
    /// <exception cref="BadImageFormatException">The bytes are not an undamaged 64-bit little-endian ELF file.</exception>
    public static byte[]? Relax(ReadOnlySpan<byte> elf, string version)
    {
        byte[]? relaxed = null;
        foreach (var flags in FlagsOf(elf, version))
        {
            var value = Read16(elf, flags);
            if ((value & WeakFlag) != 0)
                continue;
            relaxed ??= elf.ToArray();
            BinaryPrimitives.WriteUInt16LittleEndian(relaxed.AsSpan((int)flags), (ushort)(value | WeakFlag));
        }

        return relaxed;
    }

    /// <summary>File offsets of the flags of every need for <paramref name="version"/>.</summary>
    private static List<long> FlagsOf(ReadOnlySpan<byte> elf, string version)
    {
        if (elf.Length < HeaderSize || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
            throw new BadImageFormatException("not a 64-bit little-endian ELF file");
        var sections = Read64(elf, 0x28);
        var sectionCount = Read16(elf, 0x3c);
        var found = new List<long>();
        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + (long)i * SectionHeaderSize;
            if (Read32(elf, section + 4) != VersionNeedsSection)
                continue;
            var names = Read64(elf, sections + (long)Read32(elf, section + 0x28) * SectionHeaderSize + 0x18);
            Walk(elf, start: Read64(elf, section + 0x18), count: Read32(elf, section + 0x2c), names, Encoding.ASCII.GetBytes(version + "\0"), found);
        }

        return found;
    }

    private static void Walk(ReadOnlySpan<byte> elf, long start, uint count, long names, ReadOnlySpan<byte> version, List<long> found)
    {
        for (var (need, n) = (start, 0u); n < count; n++)
        {
            var entry = need + Read32(elf, need + 8);
            for (int k = 0, entries = Read16(elf, need + 2); k < entries; k++)
            {
                var name = names + Read32(elf, entry + 8);
                if (Slice(elf, name, Math.Min(version.Length, (int)Math.Clamp(elf.Length - name, 0, int.MaxValue))).SequenceEqual(version))
                    found.Add(entry + 4);
                entry += Next(Read32(elf, entry + 12), isLast: k == entries - 1);
            }

            need += Next(Read32(elf, need + 12), isLast: n == count - 1);
        }
    }

    /// <summary>Steps must move on, or a damaged file would be read in a circle.</summary>
    private static uint Next(uint step, bool isLast) =>
        isLast || step >= EntrySize ? step : throw new BadImageFormatException("the version needs of the ELF file are damaged");

    private static ushort Read16(ReadOnlySpan<byte> elf, long at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(elf, at, 2));

    private static uint Read32(ReadOnlySpan<byte> elf, long at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(elf, at, 4));

    private static long Read64(ReadOnlySpan<byte> elf, long at) => BinaryPrimitives.ReadInt64LittleEndian(Slice(elf, at, 8));

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> elf, long at, int length) =>
        at >= 0 && at <= elf.Length - length ? elf.Slice((int)at, length) : throw new BadImageFormatException("the ELF file is cut short");
}
