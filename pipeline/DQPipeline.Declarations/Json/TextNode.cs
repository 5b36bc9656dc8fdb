using System.Globalization;

namespace DQPipeline.Declarations.Json;

/// <summary>Values of places that hold nothing but text. A text that does not fit stays a text, so that the complaint about it quotes what stands there.</summary>
internal static class TextNode
{
    public static SourceNode Of(string text, SourcePlace place) => new(NodeKind.Text, place) { Text = text };

    public static SourceNode Number(string text, SourcePlace place) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? new(NodeKind.Number, place) { Text = text } : Of(text, place);

    /// <summary>MSBuild writes True as readily as true.</summary>
    public static SourceNode Boolean(string text, SourcePlace place) =>
        bool.TryParse(text, out var value) ? new(NodeKind.Boolean, place) { Text = value ? "true" : "false" } : Of(text, place);

    public static SourceNode List(string text, SourcePlace place, char separator, Func<string, SourcePlace, SourceNode> item) => new(NodeKind.Array, place)
    {
        Items = [.. text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => item(part, place))],
    };
}
