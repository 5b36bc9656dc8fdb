namespace DQPipeline.Declarations;

/// <summary>What a target or data set may be called: a name appears in commands, paths and URLs, so it needs no quoting in any of them.</summary>
internal static class Names
{
    public const string Pattern = "^[A-Za-z0-9_][A-Za-z0-9_+-]{0,99}$";

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? Complaint(string name)
    {
        if (name.Length is 0 or > 100)
            return "a name has 1 to 100 characters";
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '+'))
                return $"\"{name}\" holds '{c}'; a name is made of letters, digits, '-', '_' and '+'";
        }

        return name[0] is '-' or '+' ? $"\"{name}\" begins with '{name[0]}'; a name begins with a letter, a digit or '_'" : null;
    }
}
