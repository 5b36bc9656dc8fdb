using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DQPipeline.Reports.Pages;

/// <summary>Elements of HTML, whose texts are escaped by the one who writes them out.</summary>
internal static partial class Html
{
    private static readonly HashSet<string> s_void = ["br", "hr", "img", "input", "link", "meta"];

    /// <summary>An element of attributes (<see cref="XAttribute"/>), elements and texts; nulls are left out.</summary>
    public static XElement E(string name, params object?[] content)
    {
        var element = new XElement(name, content.Select(Clean));
        // An element that may not be empty in HTML gets an end tag of its own.
        if (element.IsEmpty && !s_void.Contains(name))
            element.Add("");
        return element;
    }

    /// <summary>An attribute.</summary>
    public static XAttribute A(string name, string value) => new(name, Shown(value));

    /// <summary>A text with <c>`code`</c> and <c>**words**</c> of Markdown in it.</summary>
    public static IEnumerable<object> Marked(string text) => MarkedParts().Split(text).Select((part, place) => (object)(place % 2 == 0 ? new XText(Shown(part))
        : part.StartsWith('`') ? E("code", part.Trim('`')) : E("strong", part.Trim('*'))));

    /// <summary>The text of a page.</summary>
    public static string Page(XElement html) => "<!doctype html>\n" + html.ToString(SaveOptions.DisableFormatting) + "\n";

    /// <summary>A table that scrolls by itself where the page is too narrow for it, and can be scrolled by keys.</summary>
    public static XElement Table(string label, IEnumerable<object> head, IEnumerable<IEnumerable<object>> rows, string? classes = null) => E(
        "div", A("class", "scroll"), A("role", "group"), A("aria-label", label), A("tabindex", "0"),
        E("table", classes is null ? null : A("class", classes),
            E("thead", E("tr", head.Select(cell => Cell(cell, "th", ("scope", "col"))))),
            E("tbody", rows.Select(row => E("tr", row.Select((cell, place) => place == 0 ? Cell(cell, "th", ("scope", "row")) : Cell(cell, "td")))))));

    private static XElement Cell(object content, string name, params (string Name, string Value)[] attributes) =>
        content is XElement { Name.LocalName: "td" or "th" } whole ? whole : E(name, [.. attributes.Select(one => A(one.Name, one.Value)), content]);

    private static object? Clean(object? content) => content switch
    {
        string text => Shown(text),
        IEnumerable<object?> many => many.Select(Clean),
        _ => content,
    };

    /// <summary>Control characters, which no page may hold, as pictures of them.</summary>
    private static string Shown(string text)
    {
        if (text.All(c => (!char.IsControl(c) || c is '\n' or '\t') && !char.IsSurrogate(c) && c is not ('\ufffe' or '\uffff')))
            return text;
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            _ = shown.Append(Rune.IsControl(rune) && rune.Value is not ('\n' or '\t') || rune.Value is 0xfffe or 0xffff ? rune.Value < 0x20 ? new Rune(0x2400 + rune.Value) : new Rune(0xfffd) : rune);
        return shown.ToString();
    }

    [GeneratedRegex(@"(`[^`]+`|\*\*[^*]+\*\*)")]
    private static partial Regex MarkedParts();
}
