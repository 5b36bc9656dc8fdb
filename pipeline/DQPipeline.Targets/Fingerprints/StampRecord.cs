using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>A file, its stamp when it was hashed, whether that stamp proves anything, and the hash.</summary>
internal sealed record StampRecord(string Name, FileStamp Stamp, bool Trusted, byte[] Hash)
{
    public bool Proves(FileStamp now) => Trusted && Stamp == now;
}

/// <summary>
/// Writes stamp records one behind the other: names by what they share with the one before, a checksum over everything at the end.
/// A folder of a million files is written and read without ever being held in memory.
/// </summary>
internal sealed class StampWriter
{
    internal static ReadOnlySpan<byte> Magic => "dqstamp1"u8;

    private readonly Stream _stream;
    private Checksum _check = new();
    private readonly byte[] _numbers = new byte[33 + 32];
    private byte[] _before = [];

    public StampWriter(Stream stream)
    {
        _stream = stream;
        Put(Magic);
    }

    public void Write(StampRecord record)
    {
        var name = Encoding.UTF8.GetBytes(record.Name);
        var shared = name.AsSpan().CommonPrefixLength(_before);
        WriteNumber(shared + 1); // 0 is the end
        WriteNumber(name.Length - shared);
        Put(name.AsSpan(shared));
        var span = _numbers.AsSpan();
        BinaryPrimitives.WriteInt64LittleEndian(span, record.Stamp.Size);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], record.Stamp.Modified);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], record.Stamp.Changed);
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], record.Stamp.Inode);
        span[32] = record.Trusted ? (byte)1 : (byte)0;
        record.Hash.CopyTo(span[33..]);
        Put(span);
        _before = name;
    }

    /// <summary>Ends the records; <paramref name="tail"/> is text that the reader gives back.</summary>
    public void End(string tail)
    {
        WriteNumber(0);
        var text = Encoding.UTF8.GetBytes(tail);
        WriteNumber(text.Length);
        Put(text);
        Span<byte> check = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(check, _check.Value);
        _stream.Write(check);
    }

    private void WriteNumber(int value)
    {
        Span<byte> bytes = stackalloc byte[5];
        var length = 0;
        for (var rest = (uint)value; ; rest >>= 7)
        {
            bytes[length++] = (byte)(rest > 127 ? rest | 128 : rest);
            if (rest <= 127)
                break;
        }

        Put(bytes[..length]);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _check.Add(bytes);
    }
}

/// <summary>Reads what <see cref="StampWriter"/> wrote. Damage is an <see cref="InvalidDataException"/>, the last of it at the end: trust nothing before.</summary>
internal sealed class StampReader
{
    private const int LongestName = 1 << 16;

    private readonly Stream _stream;
    private Checksum _check = new();
    private readonly byte[] _numbers = new byte[33 + 32];
    private readonly byte[] _one = new byte[1];
    private byte[] _name = new byte[256];
    private int _length;
    private byte[] _asked = [];

    public StampReader(Stream stream)
    {
        _stream = stream;
        Span<byte> magic = stackalloc byte[8];
        Get(magic);
        if (!magic.SequenceEqual(StampWriter.Magic))
            throw new InvalidDataException();
    }

    /// <summary>What stands behind the records, once they are read.</summary>
    public string Tail { get; private set; } = "";

    /// <summary>The next record; false at the end, where everything before is proven undamaged.</summary>
    public bool Read([NotNullWhen(true)] out StampRecord? record)
    {
        if (!ReadRecord())
        {
            record = null;
            return false;
        }

        record = new StampRecord(Encoding.UTF8.GetString(_name, 0, _length), Stamp, IsTrusted, _numbers.AsSpan(33).ToArray());
        return true;
    }

    /// <summary>Reads the next record and tells whether it is of this name and proves this stamp: what <see cref="Read"/> would, without making anything.</summary>
    public bool ReadProof(string name, FileStamp now)
    {
        if (!ReadRecord() || !IsTrusted || Stamp != now)
            return false;
        var longest = Encoding.UTF8.GetMaxByteCount(name.Length);
        if (longest > _asked.Length)
            _asked = new byte[longest];
        return _asked.AsSpan(0, Encoding.UTF8.GetBytes(name, _asked)).SequenceEqual(_name.AsSpan(0, _length));
    }

    private FileStamp Stamp
    {
        get
        {
            var span = _numbers.AsSpan();
            return new(
                BinaryPrimitives.ReadInt64LittleEndian(span),
                BinaryPrimitives.ReadInt64LittleEndian(span[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(span[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(span[24..]));
        }
    }

    private bool IsTrusted => _numbers[32] != 0;

    private bool ReadRecord()
    {
        var shared = ReadNumber() - 1;
        if (shared < 0)
        {
            ReadEnd();
            return false;
        }

        var rest = ReadNumber();
        if (shared > _name.Length || rest > LongestName || shared + rest > LongestName)
            throw new InvalidDataException();
        if (shared + rest > _name.Length)
            Array.Resize(ref _name, Math.Max(shared + rest, 2 * _name.Length));
        _length = shared + rest;
        Get(_name.AsSpan(shared, rest));
        Get(_numbers);
        return true;
    }

    private void ReadEnd()
    {
        var length = ReadNumber();
        if (length > 1 << 20)
            throw new InvalidDataException();
        var text = new byte[length];
        Get(text);
        Tail = Encoding.UTF8.GetString(text);
        Span<byte> check = stackalloc byte[8];
        if (_stream.ReadAtLeast(check, 8, throwOnEndOfStream: false) < 8 || BinaryPrimitives.ReadUInt64LittleEndian(check) != _check.Value)
            throw new InvalidDataException();
    }

    private int ReadNumber()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            Get(_one);
            value |= (uint)(_one[0] & 127) << shift;
            if (_one[0] < 128)
                return value <= int.MaxValue ? (int)value : throw new InvalidDataException();
        }

        throw new InvalidDataException();
    }

    private void Get(Span<byte> bytes)
    {
        if (_stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new InvalidDataException();
        _check.Add(bytes);
    }
}
