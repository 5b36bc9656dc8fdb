using System.Text;
using System.Text.Json;

namespace DQPipeline.Targets.Records;

/// <summary>What dq.lock says of a target: its result, and what its key was made of. The latter is parsed only where somebody asks.</summary>
internal sealed class LockEntry
{
    private readonly ReadOnlyMemory<byte> _json;
    private IReadOnlyList<KeyValuePair<string, string>>? _parts;

    /// <summary>An entry made now.</summary>
    public LockEntry(TargetRecord record, IReadOnlyList<KeyValuePair<string, string>> parts) => (Record, _parts) = (record, parts);

    /// <summary>An entry that was read; <paramref name="parts"/> is the JSON object of its parts, known to be valid JSON.</summary>
    public LockEntry(TargetRecord record, ReadOnlyMemory<byte> parts) => (Record, _json) = (record, parts);

    public TargetRecord Record { get; }

    /// <summary>The parts of the key, sorted by name; values are JSON text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parts => _parts ??= Parse(_json.Span);

    /// <summary>Writes the entry's properties into an open object, but for its check.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("key"u8, Record.Key);
        writer.WriteStartObject("parts"u8);
        foreach (var (name, json) in Parts)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json, skipInputValidation: true);
        }

        writer.WriteEndObject();
        RecordJson.Write(writer, Record);
    }

    private static List<KeyValuePair<string, string>> Parse(ReadOnlySpan<byte> json)
    {
        var parts = new List<KeyValuePair<string, string>>();
        var reader = new Utf8JsonReader(json);
        _ = reader.Read();
        while (RecordJson.NextProperty(ref reader, out var name))
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            parts.Add(new(name, Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed])));
        }

        return parts;
    }
}
