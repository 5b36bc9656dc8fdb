using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DQPipeline.Declarations.Items;

namespace DQPipeline.Declarations;

/// <summary>Every key of dq.json and every item and metadatum of MSBuild in one page of Markdown, made of the schema (<see cref="PipelineSchema"/>) and so of the types that read them.</summary>
public static class PipelineReference
{
    private static readonly string[] EntryKeys = ["extends", "matrix"];

    /// <summary>The page.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        var root = PipelineSchema.Create()["properties"]!.AsObject();
        text.Append("""
            # Reference of dq.json and of the items in MSBuild

            Made by `dq schema --format markdown` of the types that read both. In dq.json a key with a dot is one of an object: `lipschitz.beta` is `"lipschitz": { "beta": … }`. In MSBuild sections are items, names are what they
            include, and keys are metadata; lists are separated by `;`. Every entry but a data set may have `extends`, another entry whose options it takes where it has none, and models a `matrix`, which is `DqMatrix` in MSBuild.

            ## The file


            """);
        Table(text, root.Where(pair => pair.Value!["additionalProperties"] is not JsonObject).SelectMany(pair => Own(pair.Key, pair.Value!.AsObject())));
        foreach (var (section, schema) in root)
        {
            if (schema!["additionalProperties"] is not JsonObject entry)
                continue;
            var item = ItemTypes.Entries.Single(type => type.Section == section).Name;
            text.Append(CultureInfo.InvariantCulture, $"\n## {section}, `{item}`\n\n{schema["description"]}\n");
            if (entry["oneOf"] is not JsonArray kinds)
            {
                text.Append('\n');
                Table(text, Keys(entry, ""));
                foreach (var part in ItemTypes.Parts.Where(part => part.Section == section))
                {
                    text.Append(CultureInfo.InvariantCulture, $"\n### {section}, each of `{part.List}`, `{part.Name}`\n\n");
                    Table(text, Keys(Object(entry["properties"]![part.List]!["items"]!.AsObject())!, ""));
                }

                continue;
            }

            foreach (var kind in kinds.Select(node => node!.AsObject()))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n### `\"kind\": \"{kind["properties"]!["kind"]!["enum"]![0]}\"`\n\n");
                Table(text, Keys(kind, "").Where(key => key.Path != "kind"));
            }
        }

        return text.ToString();
    }

    /// <summary>A value of the file itself, and what is in it where it is an object. MSBuild has properties for two.</summary>
    private static IEnumerable<Key> Own(string name, JsonObject schema)
    {
        if (schema["properties"] is null)
            yield return new(name, name is "seed" or "threads" ? $"property {ItemTypes.Pipeline}{ItemTypes.MetadataName(name)}" : "", schema);
        if (Object(schema) is not { } inner)
            yield break;
        foreach (var key in Keys(inner, name + "."))
            yield return key with { Metadata = "" };
    }

    private static IEnumerable<Key> Keys(JsonObject schema, string prefix)
    {
        foreach (var (name, node) in schema["properties"]!.AsObject())
        {
            var (path, value) = (prefix + name, node!.AsObject());
            if (EntryKeys.Contains(path))
                continue;
            var inner = Object(value);
            // An object that is one thing alone is told by its keys; one that a word may stand for has a line of its own before them.
            if (inner is null || value["anyOf"] is not null)
                yield return new(path, ItemTypes.MetadataName(path), value);
            if (inner is null || path == "network")
                continue;
            foreach (var key in Keys(inner, path + "."))
                yield return key;
        }
    }

    /// <summary>The object that a value is or may be; null where it is none, or one with names of its own.</summary>
    private static JsonObject? Object(JsonObject value) =>
        value["properties"] is not null ? value : value["anyOf"]?.AsArray().Select(node => node!.AsObject()).FirstOrDefault(node => node["properties"] is not null);

    private static void Table(StringBuilder text, IEnumerable<Key> keys)
    {
        text.Append("| key | in MSBuild | value | |\n| --- | --- | --- | --- |\n");
        foreach (var key in keys)
            text.Append(CultureInfo.InvariantCulture, $"| `{key.Path}` | {(key.Metadata.Length == 0 || key.Metadata.Contains(' ', StringComparison.Ordinal) ? key.Metadata : $"`{key.Metadata}`")} | {Cell(Values(key.Schema))} | {Cell(key.Schema["description"]?.ToString() ?? "")} |\n");
    }

    private static string Values(JsonObject schema)
    {
        if (schema["properties"] is not null)
            return "object";
        if (schema["anyOf"] is JsonArray several)
            return string.Join(", or ", several.Select(node => Values(node!.AsObject())).Distinct());
        if (schema["const"] is { } constant)
            return constant.ToString();
        if (schema["enum"] is JsonArray words)
            return string.Join(", ", words.Select(word => $"`{word}`"));
        return schema["type"]?.ToString() switch
        {
            "integer" or "number" when schema["minimum"]?.ToString() == schema["maximum"]?.ToString() => schema["minimum"]!.ToString(),
            "integer" => $"integer {schema["minimum"]} to {schema["maximum"]}",
            "number" => $"number {schema["minimum"]} to {schema["maximum"]}",
            "boolean" => "`true`, `false`",
            "array" => $"list: {Values(schema["items"]!.AsObject())}",
            "object" => "object of texts",
            _ => "text",
        };
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private sealed record Key(string Path, string Metadata, JsonObject Schema);
}
