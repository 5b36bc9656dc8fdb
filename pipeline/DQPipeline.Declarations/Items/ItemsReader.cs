using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Items;

/// <summary>Lays MSBuild items over what dq.json says, as if they stood in it: whatever is checked later is checked for both alike, at the place where it is written.</summary>
internal sealed class ItemsReader(ItemPlaces places, ReadContext context)
{
    /// <summary>Every entry may take another one's options, which is no option of its own.</summary>
    private static readonly TextOption s_extends = new("extends", new TextField<object>("extends", _ => "", (record, _) => record));

    private SourceNode _root = new(NodeKind.Object, default);

    public SourceNode AddTo(SourceNode root, IReadOnlyList<DeclaredItem> items)
    {
        _root = root;
        // Parts and matrices look for their entry, so all entries come first, wherever they are written.
        foreach (var item in items)
        {
            if (item.Type == ItemTypes.Pipeline)
                AddRoot(item, places.Of(item));
            else if (ItemTypes.Entries.FirstOrDefault(type => type.Name == item.Type) is { } entry)
                AddEntry(entry, item, places.Of(item));
        }

        foreach (var item in items)
        {
            if (ItemTypes.Parts.FirstOrDefault(type => type.Name == item.Type) is { } part)
                AddPart(part, item, places.Of(item));
            else if (item.Type == ItemTypes.Matrix)
                AddMatrix(item, places.Of(item));
        }

        return _root;
    }

    private void AddRoot(DeclaredItem item, ItemPlace place)
    {
        var known = ItemTypes.Options([Declared.Root]);
        foreach (var (option, text) in Given(item, known, place))
        {
            var at = place.Metadata(ItemTypes.MetadataName(option.Path));
            _root = _root.With([option.Path], option.Field.FromText(text, at, ItemTypes.Separator), at);
        }
    }

    private void AddEntry(EntryType type, DeclaredItem item, ItemPlace place)
    {
        if (_root[type.Section]?.Member(item.Include) is { } twin)
        {
            context.Complain(DiagnosticCodes.Duplicate, $"\"{item.Include}\" is already declared at {twin.Place}; give one of the two another name", place.Item);
            return;
        }

        var known = new Dictionary<string, TextOption>(OptionsOf(type, item), StringComparer.OrdinalIgnoreCase) { ["Extends"] = s_extends };
        _root = _root.With([type.Section, item.Include], Read(item, known, place), place.Item);
    }

    private void AddPart(PartType type, DeclaredItem item, ItemPlace place)
    {
        if (Entry(type.Section, item, place) is not { } entry)
            return;
        var value = Read(item, type.Options, place);
        var list = entry[type.List];
        SourceNode whole = new(NodeKind.Array, list?.Place ?? place.Item) { Items = list is null ? [value] : list.Kind == NodeKind.Array ? [.. list.Items, value] : [list, value] };
        _root = _root.With([type.Section, item.Include, type.List], whole, whole.Place);
    }

    private void AddMatrix(DeclaredItem item, ItemPlace place)
    {
        const string section = "train";
        if (Entry(section, item, place) is null)
            return;
        var matrix = new SourceNode(NodeKind.Object, place.Item);
        foreach (var (option, text) in Given(item, ItemTypes.Options([Declared.Train]), place))
        {
            var at = place.Metadata(ItemTypes.MetadataName(option.Path));
            var values = TextNode.List(text, at, ItemTypes.Separator, (part, where) => option.Field.FromText(part, where, ItemTypes.InnerSeparator));
            matrix = matrix.With([option.Path], values, at);
        }

        _root = _root.With([section, item.Include, "matrix"], matrix, place.Item);
    }

    /// <summary>The entry that an item belongs to, from dq.json or from another item; a complaint where there is none.</summary>
    private SourceNode? Entry(string section, DeclaredItem item, ItemPlace place)
    {
        var known = _root[section];
        if (known?[item.Include] is { Kind: NodeKind.Object } entry)
            return entry;
        if (known?[item.Include] is null)
        {
            var names = known?.Members.Select(member => member.Name) ?? [];
            context.Complain(DiagnosticCodes.UnknownName, $"{item.Type} includes the name of what it belongs to, and {section} has no \"{item.Include}\"{Spelling.DidYouMean(item.Include, names)}", place.Item);
        }

        return null;
    }

    private SourceNode Read(DeclaredItem item, Dictionary<string, TextOption> known, ItemPlace place)
    {
        var node = new SourceNode(NodeKind.Object, place.Item);
        foreach (var (option, text) in Given(item, known, place))
        {
            var at = place.Metadata(ItemTypes.MetadataName(option.Path));
            node = node.With(option.Path.Split('.'), option.Field.FromText(text, at, ItemTypes.Separator), at);
        }

        return node;
    }

    /// <summary>The options that an item has a value for; its other metadata are complaints.</summary>
    private IEnumerable<(TextOption Option, string Text)> Given(DeclaredItem item, Dictionary<string, TextOption> known, ItemPlace place)
    {
        foreach (var (name, value) in item.Options)
        {
            var text = value.Trim();
            if (text.Length == 0)
                continue;
            if (known.TryGetValue(name, out var option))
                yield return (option, text);
            else
                context.Complain(DiagnosticCodes.UnknownKey, $"{item.Type} has no {name}{Spelling.DidYouMean(name, known.Keys)}", place.Metadata(name));
        }
    }

    /// <summary>Where the kind decides, the options of that kind; of all kinds where it is missing or unknown, which is complained of later.</summary>
    private static Dictionary<string, TextOption> OptionsOf(EntryType type, DeclaredItem item)
    {
        if (type.Shapes.Count == 1 || item.Options.FirstOrDefault(option => option.Key.Equals("Kind", StringComparison.OrdinalIgnoreCase)).Value is not { } kind)
            return type.Options;
        return type.Shapes.FirstOrDefault(shape => Declared.KindOf(shape) == kind.Trim()) is { } shape ? ItemTypes.Options([shape]) : type.Options;
    }
}
