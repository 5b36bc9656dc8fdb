using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DQPipeline.Fuzz;

/// <summary>Changes of JSON that leave it JSON: values replaced, removed, repeated, exchanged and put elsewhere, names changed. Bytes changed at random hardly ever come past the syntax.</summary>
internal static class JsonMutation
{
    private static readonly JsonDocumentOptions s_lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly string[] s_values =
        ["null", "true", "0", "-1", "1", "2", "0.5", "1e-320", "1e308", "2147483647", "-2147483648", "2147483648", "9223372036854775807", "9223372036854775808", "99999999999999999999", "\"\"", "\" \"", "\"NaN\"", "\"\\u0000\"", "\"../x\"", "[]", "{}", "[[]]", "[null]", "{\"\":null}", "[1,2,3,4]"];

    /// <summary>The changed text; null where the file is no JSON.</summary>
    /// <param name="file">What is changed.</param>
    /// <param name="random">Decides.</param>
    /// <param name="words">Names and texts that mean something to the reader.</param>
    public static byte[]? Of(ReadOnlySpan<byte> file, Random random, IReadOnlyList<string> words)
    {
        try
        {
            var root = JsonNode.Parse(file, documentOptions: s_lenient);
            for (var changes = 1 + random.Next(1 << random.Next(3)); changes > 0 && root is not null; changes--)
                Change(root, random, words);
            return root is null ? null : Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        // Names that stand twice in an object, and texts that are none, show only when they are asked for.
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Change(JsonNode root, Random random, IReadOnlyList<string> words)
    {
        var holders = new List<JsonNode>();
        Collect(root, holders);
        var at = holders[random.Next(holders.Count)];
        var other = holders[random.Next(holders.Count)];
        JsonNode? Value() => random.Next(4) switch
        {
            0 when words.Count > 0 => JsonValue.Create(words[random.Next(words.Count)]),
            1 => other.DeepClone(),
            2 when Any(other, random) is { } part => part.DeepClone(),
            _ => JsonNode.Parse(s_values[random.Next(s_values.Length)]),
        };
        if (at is JsonArray list)
        {
            if (list.Count == 0 || random.Next(3) == 0)
                list.Insert(random.Next(list.Count + 1), Value());
            else if (random.Next(3) == 0)
                list.RemoveAt(random.Next(list.Count));
            else
                list[random.Next(list.Count)] = Value();
            return;
        }

        var table = (JsonObject)at;
        var name = table.Count == 0 ? "" : table.ElementAt(random.Next(table.Count)).Key;
        switch (random.Next(6))
        {
            case 0:
                _ = table.Remove(name);
                break;
            case 1 when words.Count > 0:
                table[words[random.Next(words.Count)]] = Value();
                break;
            case 2 when table.Count > 0:
                var value = table[name]?.DeepClone();
                _ = table.Remove(name);
                table[random.Next(2) == 0 || words.Count == 0 ? name + "x" : words[random.Next(words.Count)]] = value;
                break;
            case 3 when other is JsonObject { Count: > 0 } source:
                var (key, taken) = source.ElementAt(random.Next(source.Count));
                table[key] = taken?.DeepClone();
                break;
            default:
                table[name] = Value();
                break;
        }
    }

    private static JsonNode? Any(JsonNode holder, Random random) => holder switch
    {
        JsonObject { Count: > 0 } table => table.ElementAt(random.Next(table.Count)).Value,
        JsonArray { Count: > 0 } list => list[random.Next(list.Count)],
        _ => null,
    };

    /// <summary>All objects and lists.</summary>
    private static void Collect(JsonNode node, List<JsonNode> holders)
    {
        if (node is not (JsonObject or JsonArray))
            return;
        holders.Add(node);
        foreach (var inner in node is JsonObject table ? table.Select(one => one.Value) : (JsonArray)node)
        {
            if (inner is not null)
                Collect(inner, holders);
        }
    }
}
