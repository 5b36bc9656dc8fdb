using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

/// <summary>The keys of a declaration in their canonical order.</summary>
internal abstract class Shape(Type type)
{
    /// <summary>The record type, under whose name the documentation of each key is found.</summary>
    public Type Type { get; } = type;

    public abstract IReadOnlyList<Field> Fields { get; }

    /// <summary>Keys of which at least one must be there; none where each speaks for itself.</summary>
    public IReadOnlyList<string> OneOf { get; init; } = [];

    /// <summary>Calls <paramref name="value"/> for each field with an action that writes its default, or null where it has none.</summary>
    public abstract void ForEachField(Action<Field, Action<Utf8JsonWriter>?> value);
}

/// <inheritdoc cref="Shape"/>
internal sealed class Shape<T>(Func<T> create, params Field<T>[] fields) : Shape(typeof(T))
{
    public override IReadOnlyList<Field> Fields => fields;

    /// <summary>What is wrong with values that are right by themselves, and at which key; null where nothing is.</summary>
    public Func<T, (string Key, string Text)?> Check { get; init; } = _ => null;

    /// <summary>Reads an object over <paramref name="start"/> (or a fresh record): unknown and missing keys are complaints.</summary>
    public T Read(SourceNode node, ReadContext context, T? start = default, params ReadOnlySpan<string> alsoAllowed)
    {
        var before = context.Diagnostics.Count;
        var record = start is null ? create() : start;
        foreach (var member in node.Members)
        {
            if (Find(member.Name) is { } field)
                record = field.Read(record, member.Value, context);
            else if (!alsoAllowed.Contains(member.Name))
                context.Complain(DiagnosticCodes.UnknownKey, $"unknown key \"{member.Name}\"{Spelling.DidYouMean(member.Name, [.. Names(), .. alsoAllowed])}", member.Place);
        }

        foreach (var field in fields)
        {
            if (field.Required && node[field.Name] is null)
                context.Complain(DiagnosticCodes.MissingKey, $"\"{field.Name}\" is missing", node.Place);
        }

        if (OneOf.Count > 0 && OneOf.All(key => node[key] is null))
            context.Complain(DiagnosticCodes.MissingKey, $"one of {string.Join(", ", OneOf.Select(key => $"\"{key}\""))} is missing", node.Place);
        if (context.Diagnostics.Count == before && Check(record) is var (at, complaint))
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{at}\": {complaint}", node[at]?.Place ?? node.Place);
        return record;
    }

    public void Write(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        writer.WriteStartObject();
        foreach (var field in fields)
        {
            if ((keyOnly && !field.InKey) || IsSilent(field, record))
                continue;
            writer.WritePropertyName(field.Name);
            field.WriteValue(writer, record, keyOnly);
        }

        writer.WriteEndObject();
    }

    public void AddOptions(T record, string prefix, List<KeyValuePair<string, string>> options)
    {
        foreach (var field in fields)
        {
            if (field.InKey && !IsSilent(field, record))
                field.AddOptions(record, prefix, options);
        }
    }

    public override void ForEachField(Action<Field, Action<Utf8JsonWriter>?> value)
    {
        var fresh = create();
        foreach (var field in fields)
            value(field, !field.HasDefault ? null : writer => field.WriteDefault(writer, fresh));
    }

    private bool IsSilent(Field<T> field, T record) =>
        field.CameLater && Normal.Bytes(writer => field.WriteValue(writer, record, keyOnly: false)).SequenceEqual(Normal.Bytes(writer => field.WriteDefault(writer, create())));

    private Field<T>? Find(string name)
    {
        foreach (var field in fields)
        {
            if (field.Name == name)
                return field;
        }

        return null;
    }

    private IEnumerable<string> Names() => fields.Select(field => field.Name);
}
