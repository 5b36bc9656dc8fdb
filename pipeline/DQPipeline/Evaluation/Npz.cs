using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Evaluation;

/// <summary>An array of a .npz file: its name, numpy's word for its element type, its shape, and what writes its elements, row-major.</summary>
internal sealed record NpzArray(string Name, string Type, IReadOnlyList<int> Shape, Action<Stream> WriteElements)
{
    /// <summary>Elements a write; a view of all bytes at once would end at 2 GB.</summary>
    private const int Slice = 1 << 20;

    /// <summary>The array <paramref name="values"/> (byte, float or long; not copied) under <paramref name="name"/>.</summary>
    public static NpzArray Of<T>(string name, T[] values, IReadOnlyList<int> shape)
        where T : unmanaged
    {
        var order = BitConverter.IsLittleEndian ? '<' : '>';
        var type = default(T) switch
        {
            byte => "|u1",
            float => order + "f4",
            long => order + "i8",
            _ => throw new NotSupportedException($"No .npy type stands for {typeof(T)}."),
        };
        return new NpzArray(name, type, shape, stream =>
        {
            for (var start = 0; start < values.Length; start += Slice)
                stream.Write(MemoryMarshal.AsBytes(values.AsSpan(start, Math.Min(Slice, values.Length - start))));
        });
    }
}

/// <summary>Writes numpy's .npz: a zip of .npy files (format 1.0). Equal arrays give equal bytes.</summary>
internal static class Npz
{
    /// <summary>The earliest time that a zip entry can have, so that the file does not tell when it was made.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes <paramref name="arrays"/> beside <paramref name="path"/>, to the disk, and renames: the name never stands for half a file.</summary>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<NpzArray> arrays) =>
        AtomicFile.Write(path, file =>
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var array in arrays)
                WriteArray(zip, array);
        });

    private static void WriteArray(ZipArchive zip, NpzArray array)
    {
        // Stored, as numpy.savez does: adversarial noise does not compress.
        var entry = zip.CreateEntry($"{array.Name}.npy", CompressionLevel.NoCompression);
        entry.LastWriteTime = NoTime;
        using var stream = entry.Open();
        stream.Write(Header(array));
        array.WriteElements(stream);
    }

    /// <summary>Magic, version 1.0, the length of what follows, and a Python dictionary padded with blanks so that the elements start at a multiple of 64.</summary>
    private static byte[] Header(NpzArray array)
    {
        // As Python prints a tuple: one element has a comma after it.
        var shape = string.Join(", ", array.Shape) + (array.Shape.Count == 1 ? "," : "");
        var dictionary = $"{{'descr': '{array.Type}', 'fortran_order': False, 'shape': ({shape}), }}";
        const int Fixed = 10;
        var length = ((Fixed + dictionary.Length + 1 + 63) / 64 * 64) - Fixed;
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1) + "\n")];
    }
}
