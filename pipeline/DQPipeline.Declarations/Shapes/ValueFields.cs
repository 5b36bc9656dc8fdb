using System.Globalization;
using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

internal sealed class IntegerField<T>(string name, int min, int max, Func<T, int> get, Func<T, int, T> set) : Field<T>(name)
{
    /// <summary>A value outside the range that is allowed as well: 32 bits, which stands for full precision.</summary>
    public int? Also { get; init; }

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        if (node.Kind != NodeKind.Number || !double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value != Math.Floor(value))
        {
            context.WrongType(Name, "a whole number", node);
            return record;
        }

        if ((value >= min && value <= max) || value == Also)
            return set(record, (int)value);
        var also = Also is { } extra ? $", or {extra}" : "";
        context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\" should be from {min} to {max}{also}, not {node.Text}", node.Place);
        return record;
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly) => writer.WriteNumberValue(get(record));

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => writer.WriteNumberValue(get(fresh));

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Number(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.Range("integer", min, max, Also);
}

internal sealed class NumberField<T>(string name, double min, double max, Func<T, double> get, Func<T, double, T> set) : Field<T>(name)
{
    public override T Read(T record, SourceNode node, ReadContext context) => TryRead(Name, node, min, max, context, out var value) ? set(record, value) : record;

    public static bool TryRead(string name, SourceNode node, double min, double max, ReadContext context, out double value)
    {
        value = 0;
        if (node.Kind != NodeKind.Number || !double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            context.WrongType(name, "a number", node);
            return false;
        }

        if (value >= min && value <= max)
            return true;
        context.Complain(DiagnosticCodes.OutOfRange, string.Create(CultureInfo.InvariantCulture, $"\"{name}\" should be from {min} to {max}, not {node.Text}"), node.Place);
        return false;
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly) => writer.WriteNumberValue(get(record));

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => writer.WriteNumberValue(get(fresh));

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Number(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.Range("number", min, max);
}

/// <summary>A number that may be left out, which says something else than any number.</summary>
internal sealed class OptionalNumberField<T> : Field<T>
{
    private readonly NumberField<T> _number;
    private readonly Func<T, double?> _get;

    public OptionalNumberField(string name, double min, double max, Func<T, double?> get, Func<T, double, T> set)
        : base(name)
    {
        _number = new(name, min, max, record => get(record) ?? 0, set);
        _get = get;
        // There is no text for a number that is not there.
        CameLater = true;
    }

    public override bool HasDefault => false;

    public override T Read(T record, SourceNode node, ReadContext context) => _number.Read(record, node, context);

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        if (_get(record) is { } value)
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override SourceNode FromText(string text, SourcePlace place, char separator) => _number.FromText(text, place, separator);

    public override void WriteSchema(SchemaWriter writer) => _number.WriteSchema(writer);
}

internal sealed class BooleanField<T>(string name, Func<T, bool> get, Func<T, bool, T> set) : Field<T>(name)
{
    public override T Read(T record, SourceNode node, ReadContext context)
    {
        if (node.Kind == NodeKind.Boolean)
            return set(record, node.Text == "true");
        context.WrongType(Name, "true or false", node);
        return record;
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly) => writer.WriteBooleanValue(get(record));

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => writer.WriteBooleanValue(get(fresh));

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Boolean(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.Type("boolean");
}

/// <summary>A text: one of <paramref name="words"/>, or, where those are none, whatever <see cref="Check"/> accepts.</summary>
internal sealed class TextField<T>(string name, Func<T, string> get, Func<T, string, T> set, params string[] words) : Field<T>(name)
{
    /// <summary>Says what is wrong with a text, or null.</summary>
    public Func<string, string?>? Check { get; init; }

    /// <summary>A pattern for the schema where the words alone do not say it.</summary>
    public string? Pattern { get; init; }

    public override IReadOnlyList<string> Words => words;

    public override T Read(T record, SourceNode node, ReadContext context)
    {
        if (node.Kind != NodeKind.Text)
        {
            context.WrongType(Name, "a text", node);
            return record;
        }

        var complaint = Check is not null ? Check(node.Text)
            : words.Length == 0 || words.Contains(node.Text) ? null
            : $"\"{node.Text}\" is not one of {string.Join(", ", words)}{Spelling.DidYouMean(node.Text, words)}";
        if (complaint is null)
            return set(record, node.Text);
        context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\": {complaint}", node.Place);
        return record;
    }

    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly) => writer.WriteStringValue(get(record));

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => writer.WriteStringValue(get(fresh));

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Of(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.Text(words, Pattern);
}
