using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

/// <summary>
/// One key of a declaration: how it is read, checked, written and described. Records stay plain; their JSON, their normal form
/// and their schema all come from these, so that none of them can lack a key that the others have.
/// </summary>
internal abstract class Field(string name)
{
    public string Name { get; } = name;

    public bool Required { get; init; }

    /// <summary>Whether leaving it out is the same as writing some value.</summary>
    public virtual bool HasDefault => !Required;

    /// <summary>False for what changes no result: where data lie, whether they may be absent.</summary>
    public bool InKey { get; init; } = true;

    /// <summary>True for an option that came later: at its default it is in no normal form, so that keys and files are what they were before it was there.</summary>
    public bool CameLater { get; init; }

    /// <summary>The options at or below this key that one text can hold, each with its path from <paramref name="prefix"/> on.</summary>
    public virtual IEnumerable<TextOption> TextOptions(string prefix) => [new(prefix + Name, this)];

    /// <summary>The value that <paramref name="text"/> stands for where there is nothing but text, as in MSBuild; lists are separated by <paramref name="separator"/>.</summary>
    public abstract SourceNode FromText(string text, SourcePlace place, char separator);

    /// <summary>The words that the value is one of; none where it is no word, or any.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Writes the JSON schema's keywords of the value, without its description.</summary>
    public abstract void WriteSchema(SchemaWriter writer);
}

/// <summary>An option that can be written as a text: its path in the declaration, <c>lipschitz.beta</c>, and its key.</summary>
internal sealed record TextOption(string Path, Field Field);

/// <summary>A key of the record type <typeparamref name="T"/>.</summary>
internal abstract class Field<T>(string name) : Field(name)
{
    /// <summary>The record with the value of <paramref name="node"/>; complaints go to the context and leave the record as it is.</summary>
    public abstract T Read(T record, SourceNode node, ReadContext context);

    public abstract void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly);

    /// <summary>Adds "path → JSON text" for each option below this key.</summary>
    public virtual void AddOptions(T record, string prefix, List<KeyValuePair<string, string>> options) =>
        options.Add(new(prefix + Name, Normal.Text(writer => WriteValue(writer, record, keyOnly: true))));

    /// <summary>Writes the default into the schema, from a record as its constructor makes it.</summary>
    public abstract void WriteDefault(Utf8JsonWriter writer, T fresh);
}

/// <summary>What reading a file collects on its way.</summary>
internal sealed class ReadContext(List<Diagnostic> diagnostics)
{
    public List<Diagnostic> Diagnostics { get; } = diagnostics;

    public void Complain(string code, string message, SourcePlace place) => Diagnostics.Add(new Diagnostic(code, message, place));

    public void WrongType(string name, string wanted, SourceNode node) =>
        Complain(DiagnosticCodes.WrongType, $"\"{name}\" should be {wanted}, not {node.Describe()}", node.Place);
}
