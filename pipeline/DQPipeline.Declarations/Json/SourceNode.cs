using System.Text;

namespace DQPipeline.Declarations.Json;

internal enum NodeKind
{
    Object,
    Array,
    Text,
    Number,
    Boolean,
    Null,
}

/// <summary>A JSON value that knows where it stands in its file, so that every complaint about it can name the place.</summary>
internal sealed class SourceNode(NodeKind kind, SourcePlace place)
{
    public NodeKind Kind { get; } = kind;

    public SourcePlace Place { get; } = place;

    /// <summary>Text: the string. Number: as written. Boolean: true or false.</summary>
    public string Text { get; init; } = "";

    /// <summary>Members of an object in the order of the file.</summary>
    public List<SourceMember> Members { get; init; } = [];

    /// <summary>Items of an array.</summary>
    public List<SourceNode> Items { get; init; } = [];

    public SourceNode? this[string name] => Member(name)?.Value;

    public SourceMember? Member(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
                return member;
        }

        return null;
    }

    /// <summary>What the value is, in the words of a message.</summary>
    public string Describe() => Kind switch
    {
        NodeKind.Object => "an object",
        NodeKind.Array => "a list",
        NodeKind.Text => $"the text \"{Text}\"",
        NodeKind.Null => "null",
        _ => Text,
    };

    /// <summary>
    /// This object with <paramref name="over"/> laid over it, as <c>extends</c> does: objects merge member by member, anything else is replaced.
    /// An object that chooses another "kind" is replaced as a whole, since the options of the old kind need not exist in the new one; but an activation, whose kinds have the same options, keeps its bits.
    /// </summary>
    public SourceNode MergedWith(SourceNode over) => MergedWith(over, sharesOptions: false);

    private SourceNode MergedWith(SourceNode over, bool sharesOptions)
    {
        if (Kind != NodeKind.Object || over.Kind != NodeKind.Object)
            return over;
        if (!sharesOptions && this["kind"] is { } mine && over["kind"] is { } theirs && mine.Text != theirs.Text)
            return over;
        var members = new List<SourceMember>(Members.Count + over.Members.Count);
        foreach (var member in Members)
            members.Add(over.Member(member.Name) is { } replacement ? replacement with { Value = member.Value.MergedWith(replacement.Value, sharesOptions: member.Name == "activation") } : member);
        foreach (var member in over.Members)
        {
            if (Member(member.Name) is null)
                members.Add(member);
        }

        return new SourceNode(NodeKind.Object, over.Place) { Members = members };
    }

    /// <summary>A copy of this object without the members named.</summary>
    public SourceNode Without(params ReadOnlySpan<string> names)
    {
        var members = new List<SourceMember>(Members.Count);
        foreach (var member in Members)
        {
            if (!names.Contains(member.Name))
                members.Add(member);
        }

        return new SourceNode(Kind, Place) { Members = members, Items = Items, Text = Text };
    }

    /// <summary>
    /// A copy in which the value at the path is <paramref name="value"/>; objects on the way are made where they are missing, and keep their places where they are not.
    /// </summary>
    public SourceNode With(ReadOnlySpan<string> path, SourceNode value, SourcePlace keyPlace)
    {
        if (path.IsEmpty)
            return value;
        var name = path[0];
        var index = Members.FindIndex(member => member.Name == name);
        var known = index >= 0 ? Members[index] : null;
        var inner = (known?.Value is { Kind: NodeKind.Object } existing ? existing : new SourceNode(NodeKind.Object, keyPlace)).With(path[1..], value, keyPlace);
        var members = new List<SourceMember>(Members);
        var changed = new SourceMember(name, path.Length == 1 ? keyPlace : known?.Place ?? keyPlace, inner);
        if (index >= 0)
            members[index] = changed;
        else
            members.Add(changed);
        return new SourceNode(NodeKind.Object, Place) { Members = members };
    }

    /// <summary>The value as one line of canonical JSON-like text, for names of matrix members.</summary>
    public string Compact()
    {
        var text = new StringBuilder();
        switch (Kind)
        {
            case NodeKind.Object:
                foreach (var member in Members)
                    text.Append(text.Length == 0 ? "" : "+").Append(member.Value.Compact());
                break;
            case NodeKind.Array:
                foreach (var item in Items)
                    text.Append(text.Length == 0 ? "" : "+").Append(item.Compact());
                break;
            case NodeKind.Number when double.TryParse(Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number):
                text.Append(number.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(Kind == NodeKind.Null ? "null" : Text);
                break;
        }

        return text.ToString();
    }
}

/// <summary>A key of an object, where the key stands, and its value.</summary>
internal sealed record SourceMember(string Name, SourcePlace Place, SourceNode Value);
