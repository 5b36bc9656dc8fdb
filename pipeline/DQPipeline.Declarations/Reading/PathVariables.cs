namespace DQPipeline.Declarations.Reading;

/// <summary>Puts environment variables into a path: <c>${NAME}</c>, or <c>${NAME:-default}</c> where it may be unset or empty.</summary>
internal static class PathVariables
{
    /// <summary>The text with its variables replaced; <paramref name="missing"/> is the first one that is unset and has no default, or null.</summary>
    public static string Expand(string text, Func<string, string?> environment, out string? missing)
    {
        missing = null;
        var result = text;
        var from = 0;
        while (result.IndexOf("${", from, StringComparison.Ordinal) is >= 0 and var start && result.IndexOf('}', start) is >= 0 and var end)
        {
            var inner = result[(start + 2)..end];
            var split = inner.IndexOf(":-", StringComparison.Ordinal);
            var name = split < 0 ? inner : inner[..split];
            var value = environment(name) is { Length: > 0 } set ? set : split < 0 ? null : inner[(split + 2)..];
            if (value is null)
                missing ??= name;
            result = $"{result[..start]}{value}{result[(end + 1)..]}";
            from = start + (value?.Length ?? 0);
        }

        return result;
    }
}
