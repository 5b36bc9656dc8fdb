using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

/// <summary>Texts by name. As one text, <c>NAME=TEXT</c> each.</summary>
internal sealed class TextMapField<T>(string name, Func<T, IReadOnlyDictionary<string, string>> get, Func<T, IReadOnlyDictionary<string, string>, T> set) : Field<T>(name)
{
    public override T Read(T record, SourceNode node, ReadContext context)
    {
        if (node.Kind != NodeKind.Object || node.Members.Find(member => member.Value.Kind != NodeKind.Text) is not null)
        {
            context.WrongType(Name, "an object with texts", node.Members.Find(member => member.Value.Kind != NodeKind.Text)?.Value ?? node);
            return record;
        }

        return set(record, node.Members.ToDictionary(member => member.Name, member => member.Value.Text, StringComparer.Ordinal));
    }

    /// <summary>Sorted: the order in the file is no part of a key.</summary>
    public override void WriteValue(Utf8JsonWriter writer, T record, bool keyOnly)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in get(record).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            writer.WriteString(key, text);
        writer.WriteEndObject();
    }

    public override void WriteDefault(Utf8JsonWriter writer, T fresh) => WriteValue(writer, fresh, keyOnly: false);

    public override SourceNode FromText(string text, SourcePlace place, char separator)
    {
        var members = new List<SourceMember>();
        foreach (var part in text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var split = part.IndexOf('=', StringComparison.Ordinal);
            // What is no assignment, or stands twice, stays a text, so that the complaint about it quotes what stands there.
            if (split <= 0 || members.Exists(member => member.Name == part[..split].TrimEnd()))
                return TextNode.Of(text, place);
            members.Add(new(part[..split].TrimEnd(), place, TextNode.Of(part[(split + 1)..].TrimStart(), place)));
        }

        return new SourceNode(NodeKind.Object, place) { Members = members };
    }

    public override void WriteSchema(SchemaWriter writer) => writer.TextMap();
}
