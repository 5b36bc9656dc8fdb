using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace DQPipeline.Targets.Records;

/// <summary>Outputs and metrics as JSON, the same in dq.lock and in the cache. Written and read by hand: the no-op build has no time for a serializer.</summary>
internal static class RecordJson
{
    public static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes "outputs", "metrics", "standing" and "curve" into an open object, each only where there are any.</summary>
    public static void Write(Utf8JsonWriter writer, TargetRecord record)
    {
        if (record.Outputs.Count > 0)
        {
            writer.WriteStartObject("outputs"u8);
            foreach (var output in record.Outputs)
            {
                writer.WriteStartObject(output.Name);
                writer.WriteString("sha256"u8, output.Sha256);
                writer.WriteNumber("size"u8, output.Size);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (record.Metrics.Count > 0)
        {
            writer.WriteStartObject("metrics"u8);
            foreach (var (name, value) in record.Metrics)
            {
                if (double.IsFinite(value))
                    writer.WriteNumber(name, value);
            }

            writer.WriteEndObject();
        }

        if (record.Standing is not null)
            writer.WriteString("standing"u8, record.Standing);
        if (record.Curve is not null)
            writer.WriteString("curve"u8, record.Curve);
    }

    /// <summary>Reads an object of outputs; the reader stands on its start.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static TargetOutput[] ReadOutputs(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        var outputs = new List<TargetOutput>(1);
        while (NextProperty(ref reader, out var name))
        {
            Expect(ref reader, JsonTokenType.StartObject);
            string? hash = null;
            long size = -1;
            while (NextProperty(ref reader, out var property))
            {
                if (property == "sha256")
                    hash = ReadHash(ref reader);
                else if (property == "size" && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0)
                    size = value;
                else
                    throw new JsonException($"\"{property}\" is not a property of an output, or has a wrong value");
            }

            if (hash is null || size < 0 || name.AsSpan().ContainsAny("/\\:\0") || name is "" or "." or "..")
                throw new JsonException($"the output \"{name}\" needs a plain name, a sha256 and a size");
            outputs.Add(new(name, hash, size));
        }

        return [.. outputs];
    }

    /// <summary>Reads an object of numbers; the reader stands on its start.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static Metric[] ReadMetrics(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        var metrics = new List<Metric>(2);
        while (NextProperty(ref reader, out var name))
        {
            Expect(ref reader, JsonTokenType.Number);
            var value = reader.GetDouble();
            // Digits beyond what a double holds are read as infinite, which JSON cannot say again.
            if (!double.IsFinite(value))
                throw new JsonException($"\"{name}\" is beyond all numbers");
            metrics.Add(new(name, value));
        }

        return [.. metrics];
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static string ReadText(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.String);
        return Unescaped(ref reader);
    }

    /// <summary>Steps to the next property of an object and onto its value; false at the object's end.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader, out string name)
    {
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject)
        {
            name = "";
            return false;
        }

        name = Unescaped(ref reader);
        return reader.Read();
    }

    /// <summary>The text of a name or a string. The reader finds out only here that an escape is half a character, or that bytes are no UTF-8.</summary>
    /// <exception cref="JsonException">It is no text.</exception>
    public static string Unescaped(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text is not UTF-8, or has half a character", e);
        }
    }

    /// <summary>Steps to the end of an object whose texts are read later, and finds out now whether they can be.</summary>
    /// <exception cref="JsonException">A name or a string of it is no text.</exception>
    public static void SkipTexts(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && (reader.ValueIsEscaped || !Utf8.IsValid(reader.ValueSpan)))
                _ = Unescaped(ref reader);
        }
    }

    public static string ReadHash(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length != 64 || !IsHexadecimal(reader.ValueSpan))
            throw new JsonException("64 lower-case hexadecimal digits are expected");
        return reader.GetString()!;
    }

    private static bool IsHexadecimal(ReadOnlySpan<byte> text)
    {
        foreach (var c in text)
        {
            if (c is not (>= (byte)'0' and <= (byte)'9' or >= (byte)'a' and <= (byte)'f'))
                return false;
        }

        return true;
    }

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
            throw new JsonException($"{type} is expected, not {reader.TokenType}");
    }
}
