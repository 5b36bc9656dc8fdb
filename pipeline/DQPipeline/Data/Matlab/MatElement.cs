using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DQPipeline.Declarations;
using Microsoft.Win32.SafeHandles;

namespace DQPipeline.Data.Matlab;

/// <summary>
/// One variable of a MATLAB file, read from its front: <see cref="ReadHead"/>, <see cref="ReadDataTag"/>, <see cref="Read"/> as often as wanted, <see cref="Finish"/>.
/// Nothing is unpacked beyond what is asked for, and no length is believed that the file cannot hold.
/// </summary>
internal sealed class MatElement : IDisposable
{
    /// <summary>MATLAB's names have up to 63 letters; dimensions beyond 32 nobody has seen. Both are far below this many bytes.</summary>
    private const int LargestHeadPart = 4096;

    /// <summary>Numbers that are read at once.</summary>
    private const int Block = 512;

    private readonly MatFile _file;
    private readonly bool _bigEndian, _compressed;
    private readonly long _at;
    private readonly Stream _stream;
    private long _left;
    private string? _name;

    /// <summary>Opens the element that begins at a byte of the file.</summary>
    public MatElement(MatFile file, SafeFileHandle handle, long at, long fileLength, bool bigEndian)
    {
        (_file, _at, _bigEndian) = (file, at, bigEndian);
        _left = fileLength - at;
        _stream = new BufferedStream(new FileWindow(handle, at, _left), 1 << 16);
        var tag = ReadTag();
        if (tag.Bytes > _left)
            throw Damaged($"has {_left} of its {tag.Bytes} bytes: the file was cut short");
        End = fileLength - _left + tag.Bytes;
        _left = tag.Bytes;
        if (tag.Type == MatType.Compressed)
        {
            _compressed = true;
            _stream.Dispose();
            _stream = new ZLibStream(new BufferedStream(new FileWindow(handle, End - tag.Bytes, tag.Bytes), 1 << 16), CompressionMode.Decompress);
            _left = 8;
            var packed = tag.Bytes;
            tag = ReadTag();
            if (tag.Bytes > packed * Limit.LargestDeflateRatio)
                throw Damaged($"says that its {packed} packed bytes hold {tag.Bytes}, which cannot be");
            _left = tag.Bytes;
        }

        if (tag.Type != MatType.Matrix)
            throw Damaged($"is of type {(int)tag.Type}, where only variables stand");
    }

    /// <summary>The byte of the file where the next element begins.</summary>
    public long End { get; }

    /// <summary>How the numbers are stored, and in how many bytes; known once <see cref="ReadDataTag"/> has read it.</summary>
    public MatTag Data { get; private set; }

    /// <summary>The parts in front of the numbers. Null for what has no name, or a head of another form: objects of newer MATLABs, empty places.</summary>
    public MatVariable? ReadHead()
    {
        if (_left == 0)
            return null;
        var flags = ReadPart("flags", MatType.UInt32);
        if (flags.Length != 8)
            throw Damaged($"has flags of {flags.Length} bytes, where there are 8");
        var word = Word(flags);
        var kind = (MatClass)(word & 0xff);
        if (kind == MatClass.Opaque)
            return null;

        var sides = ReadPart("dimensions", MatType.Int32);
        if (sides.Length < 8 || sides.Length % 4 != 0)
            throw Damaged($"has dimensions of {sides.Length} bytes, where each of two or more has 4");
        var dimensions = new int[sides.Length / 4];
        for (var i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = (int)Word(sides.AsSpan(4 * i));
            if (dimensions[i] < 0)
                throw Damaged($"has the dimension {dimensions[i]}");
        }

        _name = Encoding.Latin1.GetString(ReadPart("name", MatType.Int8, MatType.UInt8, MatType.Utf8));
        return _name.Length == 0 ? null : new MatVariable(_name, kind, (word & 0x800) != 0, dimensions, _at);
    }

    /// <summary>The head of the numbers, which are next.</summary>
    public void ReadDataTag()
    {
        Data = ReadTag();
        if (Data.Bytes > _left)
            throw Damaged($"has {_left} of the {Data.Bytes} bytes that its numbers take");
    }

    /// <summary>The next bytes of the numbers, in the file's order.</summary>
    /// <exception cref="DqException">DQ2002: there are no more, or they cannot be unpacked.</exception>
    public void Read(Span<byte> bytes)
    {
        if (bytes.Length > _left)
            throw Damaged("ends early");
        if (Guarded(bytes, static (stream, to) => stream.ReadAtLeast(to, to.Length, throwOnEndOfStream: false)) < bytes.Length)
            throw Damaged("ends early");
        _left -= bytes.Length;
    }

    /// <summary>The next numbers, as many as <paramref name="numbers"/> takes.</summary>
    public void ReadNumbers(Span<double> numbers)
    {
        var size = MatNumbers.SizeOf(Data.Type);
        Span<byte> buffer = stackalloc byte[Block * sizeof(double)];
        while (numbers.Length > 0)
        {
            var some = Math.Min(numbers.Length, Block);
            Read(buffer[..(some * size)]);
            MatNumbers.Decode(buffer[..(some * size)], Data.Type, _bigEndian, numbers[..some]);
            numbers = numbers[some..];
        }
    }

    /// <summary>Looks that nothing follows the numbers, which lets zlib compare its checksum of a compressed variable.</summary>
    /// <exception cref="DqException">DQ2002: something follows, or the checksum is another.</exception>
    public void Finish()
    {
        if (_left > Data.Padding)
            throw Damaged($"goes on for {_left} bytes after its numbers");
        Read(stackalloc byte[(int)_left]);
        Span<byte> more = stackalloc byte[1];
        if (_compressed && Guarded(more, static (stream, to) => stream.Read(to)) > 0)
            throw Damaged("unpacks to more than it says");
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>The failure of this variable.</summary>
    public DqException Damaged(string what, Exception? inner = null) =>
        DataErrors.Corrupt($"{_file.Path}: {(string.IsNullOrEmpty(_name) ? "the variable" : $"the variable {_name}")} at byte {_at} {what}. The file is damaged; fetch it again.", inner);

    /// <summary>Up to four bytes stand in the tag itself, whose upper half then counts them.</summary>
    private MatTag ReadTag()
    {
        Span<byte> half = stackalloc byte[4];
        Read(half);
        var word = Word(half);
        if (word >> 16 is var small and > 0)
            return small <= 4 ? new MatTag((MatType)(word & 0xffff), small, 4 - (int)small) : throw Damaged($"has a part of {small} bytes in four");
        Read(half);
        var bytes = Word(half);
        return new MatTag((MatType)word, bytes, (int)(-bytes & 7));
    }

    private byte[] ReadPart(string what, params ReadOnlySpan<MatType> types)
    {
        var tag = ReadTag();
        if (!types.Contains(tag.Type) || tag.Bytes > LargestHeadPart || tag.Bytes > _left)
            throw Damaged($"has {what} of type {(int)tag.Type} in {tag.Bytes} bytes");
        var bytes = new byte[tag.Bytes];
        Read(bytes);
        Read(stackalloc byte[tag.Padding]);
        return bytes;
    }

    private uint Word(ReadOnlySpan<byte> bytes) => _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private delegate int ReadSome(Stream stream, Span<byte> to);

    private int Guarded(Span<byte> to, ReadSome read)
    {
        try
        {
            return read(_stream, to);
        }
        catch (InvalidDataException e)
        {
            throw Damaged($"cannot be unpacked ({e.Message.TrimEnd('.')})", e);
        }
    }
}
