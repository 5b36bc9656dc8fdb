using DQPipeline.Reports.Drawing;

namespace DQPipeline.Reports.Pages;

/// <summary>The page's style: style.css with the colours of the drawings before it.</summary>
internal static class Style
{
    public static string Text { get; } = $$"""
        :root { --background: {{Palette.Background.Light}}; {{Series(Palette.Light)}}}
        @media (prefers-color-scheme: dark) { :root { --background: {{Palette.Background.Dark}}; {{Series(Palette.Dark)}}} }
        {{Read()}}
        """;

    private static string Series(IReadOnlyList<string> colours) => string.Concat(colours.Select((colour, place) => FormattableString.Invariant($"--series-{place + 1}: {colour}; ")));

    private static string Read()
    {
        using var reader = new StreamReader(typeof(Style).Assembly.GetManifestResourceStream("style.css")!);
        return reader.ReadToEnd();
    }
}
