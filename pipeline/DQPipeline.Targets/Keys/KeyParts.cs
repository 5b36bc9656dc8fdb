using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DQPipeline.Targets.Keys;

/// <summary>
/// What a key is made of: named values, each as JSON text. Recorded beside the key in dq.lock, so that "stale" can say which of them changed.
/// Names, paths and times are never among them.
/// </summary>
internal sealed class KeyParts(OptionsMemory options)
{
    private readonly List<KeyValuePair<string, string>> _parts = new(40);

    /// <summary>The parts sorted by name, ordinally: the order of the options in code is no part of a key.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Sorted()
    {
        // By insertion: the parts come in a few sorted runs, and the library's sort of pairs is compiled anew in every process.
        for (var i = 1; i < _parts.Count; i++)
        {
            var part = _parts[i];
            var j = i;
            for (; j > 0 && string.CompareOrdinal(_parts[j - 1].Key, part.Key) > 0; j--)
                _parts[j] = _parts[j - 1];
            _parts[j] = part;
        }

        return _parts;
    }

    /// <summary>Adds a part whose value is JSON text.</summary>
    public void Add(string name, string json) => _parts.Add(new(name, json));

    /// <summary>Adds a part whose value is a plain text without quotes, backslashes or control characters.</summary>
    public void AddText(string name, string text) => _parts.Add(new(name, Text(text)));

    /// <summary>A plain text as <see cref="AddText"/> adds it.</summary>
    public static string Text(string text) => "\"" + text + "\"";

    /// <summary>Adds the options of a declaration, with defaults written out, each name behind a prefix.</summary>
    public void AddOptions(string prefix, object declaration)
    {
        foreach (var (name, json) in options.Of(prefix, declaration))
            _parts.Add(new(name, json));
    }

    /// <summary>
    /// SHA-256, in lower-case hexadecimal digits, over the kind and the sorted parts, each text as UTF-8 behind its length: no two lists of parts have the same bytes.
    /// </summary>
    public static string Key(string kind, IReadOnlyList<KeyValuePair<string, string>> sorted)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        Append(buffer, "dq-key-1");
        Append(buffer, kind);
        foreach (var (name, json) in sorted)
        {
            Append(buffer, name);
            Append(buffer, json);
        }

        return SmallSha256.Hex(buffer.WrittenSpan);
    }

    private static void Append(ArrayBufferWriter<byte> buffer, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = buffer.GetSpan(4 + length);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        _ = Encoding.UTF8.GetBytes(text, span[4..]);
        buffer.Advance(4 + length);
    }
}
