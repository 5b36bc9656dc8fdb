using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

/// <summary>A list of numbers in a range; a single number stands for a list of one.</summary>
internal sealed class NumberListField<T>(string name, double min, double max, Func<T, IReadOnlyList<double>> get, Func<T, IReadOnlyList<double>, T> set) : Field<T>(name)
{
    /// <summary>Whether the numbers must rise.</summary>
    public bool Rising { get; init; }

    /// <summary>Whether a number may stand more than once.</summary>
    public bool Repeats { get; init; }

    /// <summary>Whether there must be a number.</summary>
    public bool NotEmpty { get; init; }

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        var nodes = node.Kind == NodeKind.Array ? node.Items : [node];
        var values = new List<double>(nodes.Count);
        foreach (var item in nodes)
        {
            if (!NumberField<T>.TryRead(Name, item, min, max, context, out var value))
                return record;
            if (!Repeats && values.Contains(value))
            {
                context.Complain(DiagnosticCodes.Duplicate, $"{item.Text} stands twice in \"{Name}\"", item.Place);
                return record;
            }

            if (Rising && values.Count > 0 && value < values[^1])
            {
                context.Complain(DiagnosticCodes.OutOfRange, $"the numbers of \"{Name}\" should rise", item.Place);
                return record;
            }

            values.Add(value);
        }

        if (NotEmpty && values.Count == 0)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\" should have at least one number", node.Place);
        return set(record, values);
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        writer.WriteStartArray();
        foreach (var value in get(record))
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.List(text, place, separator, TextNode.Number);

    public override void WriteSchema(SchemaWriter writer) => writer.OneOrMany(() => writer.Range("number", min, max), unique: !Repeats, NotEmpty);
}

/// <summary>A list of names, of <paramref name="words"/> where there are any; a single name stands for a list of one.</summary>
internal sealed class NameListField<T>(string name, Func<T, IReadOnlyList<string>> get, Func<T, IReadOnlyList<string>, T> set, params string[] words) : Field<T>(name)
{
    /// <summary>What there must be at least one of; null where the list may be empty.</summary>
    public string? AtLeastOne { get; init; } = words.Length == 0 ? null : $"of {string.Join(", ", words)}";

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        var nodes = node.Kind == NodeKind.Array ? node.Items : [node];
        var names = new List<string>(nodes.Count);
        foreach (var item in nodes)
        {
            if (item.Kind != NodeKind.Text)
            {
                context.WrongType(Name, "a list of names", item);
                return record;
            }

            if (names.Contains(item.Text))
                context.Complain(DiagnosticCodes.Duplicate, $"\"{item.Text}\" stands twice in \"{Name}\"", item.Place);
            else if (words.Length > 0 && !words.Contains(item.Text))
                context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\": \"{item.Text}\" is not one of {string.Join(", ", words)}{Spelling.DidYouMean(item.Text, words)}", item.Place);
            else
                names.Add(item.Text);
        }

        if (AtLeastOne is not null && nodes.Count == 0)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\" should name at least one {AtLeastOne}", node.Place);
        return set(record, names);
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        writer.WriteStartArray();
        foreach (var value in get(record))
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.List(text, place, separator, TextNode.Of);

    public override void WriteSchema(SchemaWriter writer) => writer.OneOrMany(() => writer.Text(words, null), notEmpty: AtLeastOne is not null);
}

/// <summary>A list of records; an item may be written short, as a bare text that stands for the record's first field.</summary>
internal sealed class RecordListField<T, TItem>(
    string name, Shape<TItem> shape, Func<T, IReadOnlyList<TItem>> get, Func<T, IReadOnlyList<TItem>, T> set, Func<TItem, SourcePlace, TItem> placed) : Field<T>(name)
{
    /// <summary>The key that a bare text stands for, where that is allowed.</summary>
    public string? Shorthand { get; init; }

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        if (node.Kind != NodeKind.Array)
        {
            context.WrongType(Name, "a list", node);
            return record;
        }

        var items = new List<TItem>(node.Items.Count);
        foreach (var item in node.Items)
        {
            var whole = Shorthand is { } key && item.Kind == NodeKind.Text
                ? new SourceNode(NodeKind.Object, item.Place) { Members = [new SourceMember(key, item.Place, item)] }
                : item;
            if (whole.Kind != NodeKind.Object)
            {
                context.WrongType(Name, Shorthand is null ? "a list of objects" : "a list of words or objects", item);
                continue;
            }

            var before = context.Diagnostics.Count;
            var value = shape.Read(whole, context);
            if (context.Diagnostics.Count == before)
                items.Add(placed(value, item.Place));
        }

        return set(record, items);
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        writer.WriteStartArray();
        foreach (var item in get(record))
            shape.Write(writer, item, keyOnly);
        writer.WriteEndArray();
    }

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override IEnumerable<TextOption> TextOptions(string prefix) => Shorthand is null ? [] : base.TextOptions(prefix);

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.List(text, place, separator, TextNode.Of);

    public override void WriteSchema(SchemaWriter writer) => writer.List(() => writer.ShorthandOr(shape, Shorthand));
}

/// <summary>A record within the record.</summary>
internal sealed class RecordField<T, TInner>(string name, Shape<TInner> shape, Func<T, TInner> get, Func<T, TInner, T> set) : Field<T>(name)
{
    /// <summary>The key that a bare text stands for, where that is allowed.</summary>
    public string? Shorthand { get; init; }

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        var whole = Shorthand is { } key && node.Kind == NodeKind.Text
            ? new SourceNode(NodeKind.Object, node.Place) { Members = [new SourceMember(key, node.Place, node)] }
            : node;
        if (whole.Kind == NodeKind.Object)
            return set(record, shape.Read(whole, context, get(record)));
        context.WrongType(Name, Shorthand is null ? "an object" : "a word or an object", node);
        return record;
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly) => shape.Write(writer, get(record), keyOnly);

    public override void AddOptions(T record, string prefix, List<KeyValuePair<string, string>> options) =>
        shape.AddOptions(get(record), $"{prefix}{Name}.", options);

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override IEnumerable<TextOption> TextOptions(string prefix) => shape.Fields.SelectMany(field => field.TextOptions($"{prefix}{Name}."));

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Of(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.ShorthandOr(shape, Shorthand);
}
