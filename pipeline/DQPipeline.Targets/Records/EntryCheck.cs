using System.Buffers;
using System.Text;
using System.Text.Json;
using DQPipeline.Targets.Fingerprints;

namespace DQPipeline.Targets.Records;

/// <summary>
/// The check of an entry of dq.lock: a checksum of its name and of its tokens, so that indentation and the ends of lines do not matter, and every other byte does. Without it a
/// digit of a result could become another, and nobody would notice.
/// </summary>
internal static class EntryCheck
{
    /// <summary>The property's name.</summary>
    public static ReadOnlySpan<byte> Name => "check"u8;

    /// <summary>The check, 16 hexadecimal digits.</summary>
    /// <param name="id">The target.</param>
    /// <param name="entry">Stands on the entry's start. A check that the entry has already does not count.</param>
    /// <exception cref="JsonException">The entry is no JSON.</exception>
    public static string Of(string id, Utf8JsonReader entry)
    {
        var sum = new Checksum();
        sum.Add(Encoding.UTF8.GetBytes(id));
        var depth = entry.CurrentDepth;
        while (entry.Read() && entry.CurrentDepth > depth)
        {
            if (entry.TokenType == JsonTokenType.PropertyName && entry.CurrentDepth == depth + 1 && entry.ValueTextEquals(Name))
            {
                entry.Skip();
                continue;
            }

            sum.Add([(byte)entry.TokenType]);
            sum.Add(entry.ValueSpan);
        }

        return sum.Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The check of an entry that is to be written.</summary>
    /// <param name="id">The target.</param>
    /// <param name="write">Writes the entry's properties into an open object.</param>
    public static string Of(string id, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, RecordJson.Plain))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        _ = reader.Read();
        return Of(id, reader);
    }
}
