using System.Text.Json.Nodes;

namespace DQPipeline.Declarations.Shapes;

/// <summary>Builds JSON schema (draft 2020-12) from shapes.</summary>
internal sealed class SchemaWriter(Func<Type, string, string?> document)
{
    private JsonObject _current = [];

    public void Type(string type) => _current["type"] = type;

    public void Range(string type, double min, double max, int? also = null)
    {
        var range = new JsonObject { ["type"] = type, ["minimum"] = Number(type, min), ["maximum"] = Number(type, max) };
        if (also is { } extra)
            _current["anyOf"] = new JsonArray(range, new JsonObject { ["const"] = extra });
        else
            Take(range);
    }

    public void Text(IReadOnlyList<string> words, string? pattern)
    {
        _current["type"] = "string";
        if (words.Count > 0)
            _current["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]);
        if (pattern is not null)
            _current["pattern"] = pattern;
    }

    /// <summary>A text, or an object with a list of texts.</summary>
    public void TextOrTexts(string pattern, string key, string itemPattern, string description)
    {
        var list = Build(() => List(() => Text([], itemPattern)));
        list["description"] = description;
        _current["anyOf"] = new JsonArray(
            Build(() => Text([], pattern)),
            new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { [key] = list }, ["required"] = new JsonArray(key), ["additionalProperties"] = false });
    }

    public void List(Action item)
    {
        _current["type"] = "array";
        _current["items"] = Build(item);
    }

    public void OneOrMany(Action item, bool unique = true, bool notEmpty = false) =>
        _current["anyOf"] = new JsonArray(Build(item), Build(() =>
        {
            List(item);
            if (unique)
                _current["uniqueItems"] = true;
            if (notEmpty)
                _current["minItems"] = 1;
        }));

    /// <summary>An object whose members, of any name, are texts.</summary>
    public void TextMap()
    {
        _current["type"] = "object";
        _current["additionalProperties"] = Build(() => Text([], null));
    }

    public void ShorthandOr(Shape shape, string? shorthand)
    {
        if (shorthand is null)
            Object(shape);
        else
            _current["anyOf"] = new JsonArray(Build(() => shape.Fields.First(field => field.Name == shorthand).WriteSchema(this)), Build(() => Object(shape)));
    }

    /// <summary>An object of the shape, with further properties that the caller adds.</summary>
    public void Object(Shape shape, bool partial = false, Action<JsonObject>? more = null)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        shape.ForEachField((field, writeDefault) =>
        {
            var schema = Build(() => field.WriteSchema(this));
            if (document(shape.Type, field.Name) is { } text)
                schema["description"] = text;
            if (writeDefault is not null)
                schema["default"] = JsonNode.Parse(Normal.Text(writeDefault));
            properties[field.Name] = schema;
            if (field.Required && !partial)
                required.Add(field.Name);
        });
        more?.Invoke(properties);
        _current["type"] = "object";
        _current["properties"] = properties;
        if (required.Count > 0)
            _current["required"] = required;
        if (shape.OneOf.Count > 0 && !partial)
            _current["anyOf"] = new JsonArray([.. shape.OneOf.Select(key => (JsonNode)new JsonObject { ["required"] = new JsonArray(key) })]);
        _current["additionalProperties"] = false;
    }

    public JsonObject Build(Action write)
    {
        var outer = _current;
        _current = [];
        write();
        (var inner, _current) = (_current, outer);
        return inner;
    }

    private static JsonNode Number(string type, double value) => type == "integer" ? (long)value : value;

    private void Take(JsonObject other)
    {
        foreach (var (key, value) in other.ToList())
            _current[key] = value?.DeepClone();
    }
}
