namespace DQPipeline.Reports.Drawing;

/// <summary>Colours of series, each with a contrast of 3 : 1 or more against the page's background in its scheme (WCAG 1.4.11), and apart in lightness or hue for eyes that see fewer hues.</summary>
public static class Palette
{
    /// <summary>On a light page, as <c>#rrggbb</c>.</summary>
    public static IReadOnlyList<string> Light { get; } = ["#0b62a4", "#b5520b", "#1a7f4b", "#8a3ca5", "#5f5f5f", "#b3124e", "#00757d", "#7a5b00"];

    /// <summary>The same on a dark page.</summary>
    public static IReadOnlyList<string> Dark { get; } = ["#6db3f2", "#ff9f5a", "#5fd38d", "#d29bf0", "#c4c4c4", "#ff7da8", "#4fd0dc", "#d8b64a"];

    /// <summary>The page's background in both schemes.</summary>
    public static (string Light, string Dark) Background => ("#ffffff", "#14171a");
}
