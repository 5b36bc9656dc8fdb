using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Data.Pickle;

/// <summary>
/// Reads the pickles of CIFAR's python version: dictionaries, lists, tuples, texts, whole numbers and numpy arrays, in protocols 2 to 4. A pickle is a program for a machine with a stack, and
/// Python's own reader lets it call whatever it names. This one knows the operations that such a file needs and no other, and calls nothing: a name outside of
/// <see cref="PickledName"/> is an error. (Source: Python's Lib/pickletools.py, the description of the operations.)
/// </summary>
internal sealed class PickleReader
{
    /// <summary>CIFAR-100's largest file takes about 200,000 operations. The limit bounds what a file of tiny operations can make.</summary>
    private const int MostOperations = 1_000_000;

    /// <summary>Keys and names are short; a long one that is used again and again would cost more than the file's length.</summary>
    private const int LongestName = 256;

    private readonly string _file;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Stack<List<object?>> _marked = new();
    private readonly Dictionary<uint, object?> _memo = [];
    private List<object?> _stack = [];
    private int _at, _operation;
    private long _encoded;

    private PickleReader(ReadOnlyMemory<byte> bytes, string file) => (_bytes, _file) = (bytes, file);

    /// <summary>The value of a pickle: null, bool, long, string, <see cref="PickledBytes"/>, <see cref="PickledArray"/>, <c>List&lt;object?&gt;</c>, <c>object?[]</c> (a tuple), <c>Dictionary&lt;string, object?&gt;</c>.</summary>
    /// <param name="bytes">The file; texts and arrays are parts of it and not copied.</param>
    /// <param name="file">Its name for messages.</param>
    /// <exception cref="DqException">DQ2002: damaged, or not of this form. DQ2004: it names code that no data set needs.</exception>
    public static object? Read(ReadOnlyMemory<byte> bytes, string file) => new PickleReader(bytes, file).Run();

    /// <summary>A short text, whichever Python wrote it; null for anything else.</summary>
    public static string? TextOf(object? value) => value switch
    {
        string { Length: <= LongestName } text => text,
        PickledBytes { Bytes.Length: <= LongestName } bytes => bytes.ToString(),
        _ => null,
    };

    private object? Run()
    {
        if (_bytes.Length < 2 || _bytes.Span[0] != 0x80 || _bytes.Span[1] is < 2 or > 4)
            throw Damaged("is no pickle of protocol 2 to 4");
        _at = 2;
        for (var count = 0; count < MostOperations; count++)
        {
            _operation = _at;
            var operation = Byte();
            if (operation == '.')
                return _stack.Count == 1 && _marked.Count == 0 ? _stack[0] : throw Damaged("ends with other than one value");
            if (!Literal(operation) && !Container(operation) && !Memory(operation))
                Call(operation);
        }

        throw Damaged($"takes more than {MostOperations} operations");
    }

    /// <summary>Numbers, truth values, texts.</summary>
    private bool Literal(byte operation)
    {
        object? value;
        switch (operation)
        {
            case (byte)'N': value = null; break;
            case 0x88: value = true; break;
            case 0x89: value = false; break;
            case (byte)'K': value = (long)Byte(); break;
            case (byte)'M': value = (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2).Span); break;
            case (byte)'J': value = (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4).Span); break;
            case 0x8a: value = Long(Take(Byte()).Span); break;
            case (byte)'U' or (byte)'C': value = new PickledBytes(Take(Byte())); break;
            case (byte)'T' or (byte)'B': value = new PickledBytes(Take(Length())); break;
            case 0x8c: value = Text(Take(Byte())); break;
            case (byte)'X': value = Text(Take(Length())); break;
            default: return false;
        }

        _stack.Add(value);
        return true;
    }

    private bool Container(byte operation)
    {
        switch (operation)
        {
            case (byte)'(': _marked.Push(_stack); _stack = []; return true;
            case (byte)'}': _stack.Add(new Dictionary<string, object?>(StringComparer.Ordinal)); return true;
            case (byte)']': _stack.Add(new List<object?>()); return true;
            case (byte)')': _stack.Add(Array.Empty<object?>()); return true;
            case 0x85 or 0x86 or 0x87: _stack.Add(PopMany(operation - 0x84)); return true;
            case (byte)'t': object?[] tuple = [.. PopMarked()]; _stack.Add(tuple); return true;
            case (byte)'a': Append(PopMany(1)); return true;
            case (byte)'e': Append(PopMarked()); return true;
            case (byte)'s': Set(PopMany(2)); return true;
            case (byte)'u': Set(PopMarked()); return true;
            default: return false;
        }
    }

    /// <summary>Values that come again are written once and then called by number.</summary>
    private bool Memory(byte operation)
    {
        switch (operation)
        {
            case (byte)'q': _memo[Byte()] = Top(); return true;
            case (byte)'r': _memo[Word()] = Top(); return true;
            case 0x94: _memo[(uint)_memo.Count] = Top(); return true;
            case (byte)'h': _stack.Add(Remembered(Byte())); return true;
            case (byte)'j': _stack.Add(Remembered(Word())); return true;
            case 0x95: Take(8); return true; // A frame tells a reader of files how much to read at once.
            default: return false;
        }
    }

    private void Call(byte operation)
    {
        switch (operation)
        {
            case (byte)'c': _stack.Add(Name(Line(), Line())); break;
            case 0x93 when PopMany(2) is [string module, string name]: _stack.Add(Name(module, name)); break;
            case (byte)'R': _stack.Add(Result(PopMany(2))); break;
            case (byte)'b' when PopMany(1)[0] is var state && (Top() is PickledType || Top() is PickledArray array && array.Fill(state)): break;
            default: throw Damaged(string.Create(CultureInfo.InvariantCulture, $"has the operation 0x{operation:x2}, which no file of CIFAR has there"));
        }
    }

    /// <summary>What Python would call; here, what it would return for the few forms that are known.</summary>
    private object Result(object?[] call) => call switch
    {
        [PickledName.Reconstruct, object?[] and [PickledName.Array, ..]] => new PickledArray(),
        [PickledName.Type, object?[] and [var name, ..]] when TextOf(name) is { } type => new PickledType(type),
        [PickledName.Encode, object?[] and [string text, string and ("latin1" or "latin-1")]] => Encoded(text),
        _ => throw Damaged("makes a value in a way that no file of CIFAR does"),
    };

    /// <summary>Python 3 writes bytes in protocol 2 as a text of the characters 0 to 255.</summary>
    private PickledBytes Encoded(string text)
    {
        // Each text is encoded once where Python wrote the file: one that is called from memory again and again would grow without end.
        if ((_encoded += text.Length) > _bytes.Length || text.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff'))
            throw Damaged("encodes texts that are no bytes");
        return new PickledBytes(Encoding.Latin1.GetBytes(text));
    }

    private PickledName Name(string module, string name) => (module, name) switch
    {
        ("numpy", "ndarray") => PickledName.Array,
        ("numpy", "dtype") => PickledName.Type,
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") => PickledName.Reconstruct,
        ("_codecs", "encode") => PickledName.Encode,
        _ => throw DataErrors.Unsafe($"{_file}, byte {_operation}: the pickle asks for '{Printable(module)}.{Printable(name)}', which no data set needs and which is not run. Do not open this file with Python; fetch the data again from their authors."),
    };

    private void Append(IReadOnlyCollection<object?> values)
    {
        if (Top() is not List<object?> list)
            throw Damaged("appends to what is no list");
        list.AddRange(values);
    }

    private void Set(IReadOnlyList<object?> pairs)
    {
        if (Top() is not Dictionary<string, object?> dictionary || pairs.Count % 2 != 0)
            throw Damaged("sets keys of what is no dictionary");
        for (var i = 0; i < pairs.Count; i += 2)
            dictionary[TextOf(pairs[i]) ?? throw Damaged("has a key that is no short text")] = pairs[i + 1];
    }

    private object? Top() => _stack.Count > 0 ? _stack[^1] : throw Damaged("uses a value that is not there");

    private object? Remembered(uint number) => _memo.TryGetValue(number, out var value) ? value : throw Damaged($"calls value {number}, which is not there");

    private object?[] PopMany(int count)
    {
        if (_stack.Count < count)
            throw Damaged("uses a value that is not there");
        object?[] values = [.. _stack.GetRange(_stack.Count - count, count)];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private List<object?> PopMarked()
    {
        var values = _stack;
        _stack = _marked.Count > 0 ? _marked.Pop() : throw Damaged("closes what was not opened");
        return values;
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
            throw Damaged("was cut short, or says lengths that it does not have");
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private byte Byte() => Take(1).Span[0];

    private uint Word() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span);

    private int Length() => Word() is var length and <= int.MaxValue ? (int)length : throw Damaged("was cut short, or says lengths that it does not have");

    private long Long(ReadOnlySpan<byte> digits)
    {
        if (digits.Length > sizeof(long))
            throw Damaged("has a number beyond 64 bits");
        var value = digits.Length > 0 && digits[^1] >= 0x80 ? -1L : 0;
        for (var i = digits.Length - 1; i >= 0; i--)
            value = (value << 8) | digits[i];
        return value;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private string Line()
    {
        var length = _bytes.Span[_at..].IndexOf((byte)'\n');
        if (length is < 0 or > LongestName)
            throw Damaged("has a name without an end");
        var line = Encoding.Latin1.GetString(Take(length).Span);
        _at++;
        return line;
    }

    private static string Printable(string text) => string.Concat(text.Take(64).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private DqException Damaged(string what) => DataErrors.Corrupt($"{_file}, byte {_operation}: the pickle {what}. Fetch the data again.");
}
