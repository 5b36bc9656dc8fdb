using System.Text;

namespace DQPipeline.MSBuild;

/// <summary>Finds programs as a shell would.</summary>
internal static class Programs
{
    /// <summary>The dotnet that runs this build, else the one on the path.</summary>
    public static string DotnetHost() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host : Find("dotnet");

    /// <summary>The full path of a program; its name as it is where it is nowhere, which the start of it will complain of.</summary>
    public static string Find(string name)
    {
        if (name.IndexOfAny(['/', '\\']) >= 0)
            return Path.GetFullPath(name);
        var endings = Path.DirectorySeparatorChar == '\\' ? new[] { "", ".exe", ".cmd" } : [""];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var candidates = folders.Where(folder => folder.Length > 0).SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)));
        return candidates.FirstOrDefault(File.Exists) ?? name;
    }

    /// <summary>A command line of words, as .NET takes it apart again: those with spaces stand in quotation marks, before which backslashes count twice.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(" ", words.Select(Quoted));

    /// <summary>The words of a command line; quotation marks keep spaces.</summary>
    public static IReadOnlyList<string> Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var isQuoted = false;
        foreach (var c in command.Trim() + " ")
        {
            if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (c == ' ' && !isQuoted)
            {
                if (word.Length > 0)
                    words.Add(word.ToString());
                word.Clear();
            }
            else
            {
                word.Append(c);
            }
        }

        return words;
    }

    private static string Quoted(string word)
    {
        if (word.Length > 0 && word.IndexOfAny([' ', '\t', '"']) < 0)
            return word;
        var text = new StringBuilder("\"");
        var slashes = 0;
        foreach (var c in word)
        {
            if (c == '"')
                text.Append('\\', slashes + 1);
            slashes = c == '\\' ? slashes + 1 : 0;
            text.Append(c);
        }

        return text.Append('\\', slashes).Append('"').ToString();
    }
}
