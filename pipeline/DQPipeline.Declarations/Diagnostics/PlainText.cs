using System.Globalization;
using System.Text;

namespace DQPipeline.Declarations;

/// <summary>Names of files and classes as one line of text on a terminal, whoever chose them: they can neither move the cursor, begin a line nor turn the direction of what follows.</summary>
public static class PlainText
{
    /// <summary>The text with control characters, ends of lines and marks of direction as escapes, <c>\n</c> or <c>\u001b</c>; half characters become U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        if (IsPlain(text))
            return text;
        var plain = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\n' => plain.Append("\\n"),
                '\r' => plain.Append("\\r"),
                '\t' => plain.Append("\\t"),
                var value when IsActive((char)value) && value <= char.MaxValue => plain.Append(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
                _ => plain.Append(rune.ToString()),
            };
        }

        return plain.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (IsActive(c) || char.IsSurrogate(c))
                return false;
        }

        return true;
    }

    /// <summary>Controls, separators of lines and paragraphs, and what turns the direction of a text (Unicode Standard Annex 9).</summary>
    private static bool IsActive(char c) => char.IsControl(c) || c is '\u061c' or '\u200e' or '\u200f' or '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
