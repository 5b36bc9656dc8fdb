using System.Xml;
using System.Xml.Linq;

namespace DQPipeline.Declarations.Items;

/// <summary>
/// Finds where an item is written, by reading its file again: MSBuild tells the file alone. An item that is not written there literally (its name is computed, it comes
/// from a task) has the file as its place.
/// </summary>
internal sealed class ItemPlaces(Func<string, string> shown)
{
    private readonly Dictionary<string, XElement?> _files = [];

    /// <summary>How many items of this file, type and name were asked for: the second one is the second element that is written so.</summary>
    private readonly Dictionary<(string File, string Type, string Include), int> _seen = [];

    /// <summary>The place of an item and of each of its metadata.</summary>
    public ItemPlace Of(DeclaredItem item)
    {
        var file = new SourcePlace(shown(item.File));
        if (item.Type == ItemTypes.Pipeline)
            return new(file, name => Literal(item.File, ItemTypes.Pipeline + name) is [var only] ? At(file, only) : file);
        var key = (item.File, item.Type, item.Include);
        var index = _seen.GetValueOrDefault(key);
        _seen[key] = index + 1;
        var elements = Literal(item.File, item.Type).FindAll(element => Includes(element, item.Include));
        if (index >= elements.Count)
            return new(file, _ => file);
        var written = elements[index];
        return new(At(file, written), name => At(file, Metadata(written, name) ?? written));
    }

    private static bool Includes(XElement element, string include) =>
        element.Attribute("Include") is { } attribute && attribute.Value.Split(';', StringSplitOptions.TrimEntries).Contains(include, StringComparer.OrdinalIgnoreCase);

    private static XObject? Metadata(XElement item, string name) =>
        item.Attributes().FirstOrDefault(attribute => Is(attribute.Name, name)) ?? (XObject?)item.Elements().FirstOrDefault(element => Is(element.Name, name));

    private static bool Is(XName written, string name) => written.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static SourcePlace At(SourcePlace file, IXmlLineInfo written) => written.HasLineInfo() ? file with { Line = written.LineNumber, Column = written.LinePosition } : file;

    private List<XElement> Literal(string file, string name)
    {
        if (!_files.TryGetValue(file, out var root))
            _files[file] = root = Read(file);
        return root is null ? [] : [.. root.Descendants().Where(element => Is(element.Name, name))];
    }

    /// <summary>Null where the file cannot be read: its items have come from somewhere, and the place is a courtesy.</summary>
    private static XElement? Read(string file)
    {
        try
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return XDocument.Load(reader, LoadOptions.SetLineInfo).Root;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or XmlException)
        {
            return null;
        }
    }
}

/// <summary>Where an item is written.</summary>
/// <param name="Item">Its element.</param>
/// <param name="Metadata">The place of a metadata value by its name; the element's where it is not written there.</param>
internal sealed record ItemPlace(SourcePlace Item, Func<string, SourcePlace> Metadata);
