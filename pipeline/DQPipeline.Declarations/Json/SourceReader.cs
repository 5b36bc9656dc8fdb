using System.Text;
using System.Text.Json;

namespace DQPipeline.Declarations.Json;

/// <summary>Reads JSON with comments and trailing commas into <see cref="SourceNode"/>s with their places.</summary>
internal static class SourceReader
{
    private const int MaxDepth = 64;

    /// <summary>Parses <paramref name="utf8"/>; syntax errors and duplicate keys go to <paramref name="diagnostics"/>.</summary>
    /// <returns>The root, or null where the text is not JSON.</returns>
    public static SourceNode? Parse(ReadOnlySpan<byte> utf8, string file, List<Diagnostic> diagnostics)
    {
        if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            utf8 = utf8[3..];
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth });
        var cursor = new PlaceCursor(utf8, file);
        try
        {
            if (!reader.Read())
            {
                diagnostics.Add(new Diagnostic(DiagnosticCodes.Syntax, "the file is empty; it should hold a JSON object", new SourcePlace(file, 1, 1)));
                return null;
            }

            var root = ReadValue(ref reader, ref cursor, diagnostics);
            _ = reader.Read();
            return root;
        }
        catch (JsonException failure)
        {
            diagnostics.Add(new Diagnostic(DiagnosticCodes.Syntax, Explain(utf8, failure), PlaceOf(utf8, file, failure)));
            return null;
        }
        catch (InvalidOperationException)
        {
            // A string whose bytes are not UTF-8 is only found when it is decoded.
            diagnostics.Add(new Diagnostic(DiagnosticCodes.Syntax, "this text is not valid UTF-8; save the file as UTF-8", cursor.At(reader.TokenStartIndex)));
            return null;
        }
    }

    private static SourceNode ReadValue(ref Utf8JsonReader reader, ref PlaceCursor cursor, List<Diagnostic> diagnostics)
    {
        var place = cursor.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new List<SourceMember>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var keyPlace = cursor.At(reader.TokenStartIndex);
                    var name = reader.GetString()!;
                    _ = reader.Read();
                    var value = ReadValue(ref reader, ref cursor, diagnostics);
                    var twin = members.Find(member => member.Name == name);
                    if (twin is null)
                        members.Add(new SourceMember(name, keyPlace, value));
                    else
                        diagnostics.Add(new Diagnostic(DiagnosticCodes.Duplicate, $"\"{name}\" already stands at line {twin.Place.Line}; remove one of the two", keyPlace));
                }

                return new SourceNode(NodeKind.Object, place) { Members = members };
            case JsonTokenType.StartArray:
                var items = new List<SourceNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadValue(ref reader, ref cursor, diagnostics));
                return new SourceNode(NodeKind.Array, place) { Items = items };
            case JsonTokenType.String:
                return new SourceNode(NodeKind.Text, place) { Text = reader.GetString()! };
            case JsonTokenType.Number:
                return new SourceNode(NodeKind.Number, place) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
            case JsonTokenType.Null:
                return new SourceNode(NodeKind.Null, place);
            default:
                return new SourceNode(NodeKind.Boolean, place) { Text = reader.TokenType == JsonTokenType.True ? "true" : "false" };
        }
    }

    private static string Explain(ReadOnlySpan<byte> utf8, JsonException failure)
    {
        var line = LineAt(utf8, (int)(failure.LineNumber ?? 0));
        if (line.StartsWith("<<<<<<<"u8) || line.StartsWith("======="u8) || line.StartsWith(">>>>>>>"u8))
            return "a merge conflict is not resolved here; keep one side and remove the markers";

        // The library appends "LineNumber: … | BytePositionInLine: …", which the place already says.
        var text = failure.Message;
        var cut = text.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return $"this is not valid JSON: {(cut > 0 ? text[..cut] : text).TrimEnd('.', ' ')}";
    }

    private static ReadOnlySpan<byte> LineAt(ReadOnlySpan<byte> utf8, int line)
    {
        for (; line > 0 && utf8.IndexOf((byte)'\n') is >= 0 and var end; line--)
            utf8 = utf8[(end + 1)..];
        return line > 0 ? [] : utf8;
    }

    private static SourcePlace PlaceOf(ReadOnlySpan<byte> utf8, string file, JsonException failure)
    {
        var line = (int)(failure.LineNumber ?? 0);
        var bytes = (int)(failure.BytePositionInLine ?? 0);
        var text = LineAt(utf8, line);
        return new SourcePlace(file, line + 1, CountCharacters(text[..Math.Min(bytes, text.Length)]) + 1);
    }

    private static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        while (!utf8.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(utf8, out _, out var used);
            utf8 = utf8[used..];
            count++;
        }

        return count;
    }

    /// <summary>Turns byte offsets into lines and columns; tokens come in order, so it only ever walks forward.</summary>
    private ref struct PlaceCursor(ReadOnlySpan<byte> utf8, string file)
    {
        private readonly ReadOnlySpan<byte> _utf8 = utf8;
        private int _line = 1;
        private int _column = 1;
        private int _offset;

        public SourcePlace At(long offset)
        {
            var end = (int)offset;
            while (_utf8[_offset..end].IndexOf((byte)'\n') is >= 0 and var newline)
            {
                _offset += newline + 1;
                _column = 1;
                _line++;
            }

            _column += CountCharacters(_utf8[_offset..end]);
            _offset = end;
            return new SourcePlace(file, _line, _column);
        }
    }
}
