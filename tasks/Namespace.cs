using System.Globalization;

namespace DQPipeline.MSBuild;

/// <summary>A project's root namespace as C# can write it. The SDK takes it from the project's file, whose name may be any: my-app.csproj, 2d.csproj, class.csproj.</summary>
internal static class Namespace
{
    /// <summary>C#'s keywords; those that depend on their place may be names.</summary>
    private static readonly HashSet<string> s_keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do", "double", "else", "enum",
        "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace",
        "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc",
        "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    /// <summary>
    /// The namespace, as `dotnet new` writes it into the files of such a project: what no identifier may hold is a line, one stands before a digit at the beginning. Keywords
    /// have an @ before them, which a part that is written with one may keep.
    /// </summary>
    public static string Of(string name) => string.Join(".", name.Trim().Split('.').Select(Part));

    private static string Part(string text)
    {
        var part = string.Concat((text.StartsWith("@", StringComparison.Ordinal) ? text.Substring(1) : text).Select(c => MayStand(c) ? c : '_'));
        if (part.Length == 0 || !MayBegin(part[0]))
            part = "_" + part;
        return s_keywords.Contains(part) ? "@" + part : part;
    }

    private static bool MayBegin(char c) => c == '_' || char.IsLetter(c) || char.GetUnicodeCategory(c) == UnicodeCategory.LetterNumber;

    private static bool MayStand(char c) => MayBegin(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.Format;
}
