using System.Text.Json;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Records;

/// <summary>Reads the text of dq.lock. Whatever is wrong is DQ6002 with its line: the file belongs to people and their merges, so nothing is guessed or overwritten.</summary>
internal static class LockParser
{
    private const string Mend = "restore it with git (for a merge: take either side whole), or delete it, then run 'dq build', which records again whatever the cache knows";

    /// <summary>The first version whose entries have a check.</summary>
    private const int Checked = 2;

    private static readonly byte[] s_noParts = "{}"u8.ToArray();

    public static Dictionary<string, LockEntry> Parse(string path, byte[] bytes, int version)
    {
        ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
        var start = bytes.AsSpan().StartsWith(bom) ? bom.Length : 0;
        var reader = new Utf8JsonReader(bytes.AsSpan(start));
        try
        {
            return Parse(ref reader, bytes.AsMemory(start), version);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            if (ConflictLine(bytes) is var conflict and > 0)
                throw Unreadable(path, conflict, "holds the marks of an unresolved merge", e);
            var at = (e as JsonException)?.LineNumber is { } line ? (int)line + 1 : LineOf(bytes, start + (int)reader.TokenStartIndex);
            throw Unreadable(path, at, "is damaged: " + Sentence(e), e);
        }
        catch (NewerVersionException e)
        {
            throw new DqException(
                DiagnosticCodes.LockUnreadable, $"dq.lock has version {e.Found}, written by a newer DQPipeline; this one reads version {version}. Update the tool", new SourcePlace(path, 1, 1), e);
        }
    }

    private static Dictionary<string, LockEntry> Parse(ref Utf8JsonReader reader, ReadOnlyMemory<byte> bytes, int version)
    {
        if (!reader.Read())
            throw new JsonException("it is empty");
        RecordJson.Expect(ref reader, JsonTokenType.StartObject);
        Dictionary<string, LockEntry>? entries = null;
        var written = 0;
        while (RecordJson.NextProperty(ref reader, out var name))
        {
            if (name == "version" && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var found))
            {
                if (found > version)
                    throw new NewerVersionException(found);
                written = found;
            }
            else if (name == "targets" && written > 0 && entries is null)
            {
                entries = ReadTargets(ref reader, bytes, written >= Checked);
            }
            else
            {
                throw new JsonException($"\"{name}\" is not expected here");
            }
        }

        // What stands behind the end is damage too: Read throws there.
        _ = reader.Read();
        return entries ?? throw new JsonException("its targets are missing");
    }

    private static Dictionary<string, LockEntry> ReadTargets(ref Utf8JsonReader reader, ReadOnlyMemory<byte> bytes, bool isChecked)
    {
        RecordJson.Expect(ref reader, JsonTokenType.StartObject);
        var entries = new Dictionary<string, LockEntry>();
        while (RecordJson.NextProperty(ref reader, out var id))
        {
            RecordJson.Expect(ref reader, JsonTokenType.StartObject);
            var check = isChecked ? EntryCheck.Of(id, reader) : null;
            if (!entries.TryAdd(id, ReadEntry(ref reader, bytes, check)))
                throw new JsonException($"{id} stands there twice");
        }

        return entries;
    }

    /// <param name="reader">Stands on the entry's start.</param>
    /// <param name="bytes">The whole text.</param>
    /// <param name="check">The check of what is there; null in a version that has none.</param>
    private static LockEntry ReadEntry(ref Utf8JsonReader reader, ReadOnlyMemory<byte> bytes, string? check)
    {
        string? key = null;
        var holds = check is null;
        TargetOutput[] outputs = [];
        Metric[] metrics = [];
        string? standing = null;
        string? curve = null;
        ReadOnlyMemory<byte> parts = s_noParts;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("key"u8))
            {
                _ = reader.Read();
                key = RecordJson.ReadHash(ref reader);
            }
            else if (reader.ValueTextEquals("parts"u8))
            {
                _ = reader.Read();
                RecordJson.Expect(ref reader, JsonTokenType.StartObject);
                var start = (int)reader.TokenStartIndex;
                RecordJson.SkipTexts(ref reader);
                parts = bytes[start..(int)reader.BytesConsumed];
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                _ = reader.Read();
                outputs = RecordJson.ReadOutputs(ref reader);
            }
            else if (reader.ValueTextEquals("metrics"u8))
            {
                _ = reader.Read();
                metrics = RecordJson.ReadMetrics(ref reader);
            }
            else if (reader.ValueTextEquals("standing"u8))
            {
                _ = reader.Read();
                standing = RecordJson.ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("curve"u8))
            {
                _ = reader.Read();
                curve = RecordJson.ReadText(ref reader);
            }
            else if (check is not null && reader.ValueTextEquals(EntryCheck.Name))
            {
                _ = reader.Read();
                holds = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(check);
            }
            else
            {
                throw new JsonException($"\"{RecordJson.Unescaped(ref reader)}\" is not a property of a target");
            }
        }

        if (!holds)
            throw new JsonException("the check of a target does not hold: what is recorded of it was changed");
        return new(new(key ?? throw new JsonException("a target has no key"), outputs, metrics, standing, curve), parts);
    }

    private static DqException Unreadable(string path, int line, string what, Exception inner) =>
        new(DiagnosticCodes.LockUnreadable, $"dq.lock {what}; {Mend}", new SourcePlace(path, line, 1), inner);

    /// <summary>The parser's first sentence, without its own account of the place.</summary>
    private static string Sentence(Exception e)
    {
        var cut = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (cut < 0 ? e.Message : e.Message[..cut]).TrimEnd('.');
    }

    /// <summary>The 1-based line of the first mark that git leaves in a file it could not merge; 0 where there is none.</summary>
    private static int ConflictLine(ReadOnlySpan<byte> bytes)
    {
        var line = 1;
        foreach (var range in bytes.Split((byte)'\n'))
        {
            var text = bytes[range];
            if (text.StartsWith("<<<<<<<"u8) || text.StartsWith("======="u8) || text.StartsWith(">>>>>>>"u8) || text.StartsWith("|||||||"u8))
                return line;
            line++;
        }

        return 0;
    }

    private static int LineOf(ReadOnlySpan<byte> bytes, int offset) => 1 + bytes[..Math.Min(offset, bytes.Length)].Count((byte)'\n');

    private sealed class NewerVersionException(int found) : Exception
    {
        public int Found { get; } = found;
    }
}
