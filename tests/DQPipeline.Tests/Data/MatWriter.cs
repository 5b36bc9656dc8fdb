using System.Buffers.Binary;
using System.IO.Compression;
using DQPipeline.Data.Matlab;

namespace DQPipeline.Tests.Data;

/// <summary>Writes MATLAB files of version 5, with what other writers cannot be asked for: the other byte order, small elements, damage.</summary>
internal sealed class MatWriter
{
    private readonly MemoryStream _file = new();
    private readonly bool _bigEndian;

    public MatWriter(bool bigEndian = false)
    {
        _bigEndian = bigEndian;
        _file.Write("MATLAB 5.0 MAT-file, written by a test"u8);
        _file.Write(Enumerable.Repeat((byte)' ', 124 - (int)_file.Length).ToArray());
        _file.Write(bigEndian ? [1, 0, (byte)'M', (byte)'I'] : [0, 1, (byte)'I', (byte)'M']);
    }

    public byte[] ToArray() => _file.ToArray();

    /// <summary>A variable of numbers.</summary>
    public MatWriter Add(string name, MatClass kind, int[] sides, MatType type, IEnumerable<double> numbers, bool compressed = false, uint flags = 0)
    {
        var content = new MemoryStream();
        Part(content, MatType.UInt32, [.. Word((uint)kind | flags), .. Word(0)]);
        Part(content, MatType.Int32, [.. sides.SelectMany(side => Word((uint)side))]);
        Part(content, MatType.Int8, System.Text.Encoding.ASCII.GetBytes(name));
        Part(content, type, [.. numbers.SelectMany(number => Number(type, number))]);
        return AddRaw(MatType.Matrix, content.ToArray(), compressed);
    }

    /// <summary>An element of any content.</summary>
    public MatWriter AddRaw(MatType type, byte[] content, bool compressed = false)
    {
        byte[] element = [.. Word((uint)type), .. Word((uint)content.Length), .. content];
        if (compressed)
        {
            var packed = new MemoryStream();
            using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
                zlib.Write(element);
            element = [.. Word((uint)MatType.Compressed), .. Word((uint)packed.Length), .. packed.ToArray()];
        }

        _file.Write(element);
        return this;
    }

    public byte[] Word(uint value)
    {
        var bytes = new byte[4];
        if (_bigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>Up to four bytes go into the tag, as MATLAB does it.</summary>
    private void Part(MemoryStream to, MatType type, byte[] bytes)
    {
        if (bytes.Length is > 0 and <= 4)
        {
            to.Write(Word(((uint)bytes.Length << 16) | (uint)type));
            to.Write([.. bytes, .. new byte[4 - bytes.Length]]);
            return;
        }

        to.Write(Word((uint)type));
        to.Write(Word((uint)bytes.Length));
        to.Write([.. bytes, .. new byte[(8 - bytes.Length % 8) % 8]]);
    }

    private byte[] Number(MatType type, double number)
    {
        byte[] bytes = type switch
        {
            MatType.Int8 => [(byte)(sbyte)number],
            MatType.UInt8 => [(byte)number],
            MatType.Int16 => BitConverter.GetBytes((short)number),
            MatType.UInt16 => BitConverter.GetBytes((ushort)number),
            MatType.Int32 => BitConverter.GetBytes((int)number),
            MatType.UInt32 => BitConverter.GetBytes((uint)number),
            MatType.Single => BitConverter.GetBytes((float)number),
            MatType.Int64 => BitConverter.GetBytes((long)number),
            MatType.UInt64 => BitConverter.GetBytes((ulong)number),
            _ => BitConverter.GetBytes(number),
        };
        if (_bigEndian == BitConverter.IsLittleEndian)
            Array.Reverse(bytes);
        return bytes;
    }
}
