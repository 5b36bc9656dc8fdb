using System.Globalization;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>Which files made a folder differ from one time to the next: the first few by name, the rest by number.</summary>
internal sealed class ChangeList
{
    /// <summary>Changes that are named.</summary>
    public const int Named = 3;

    public const string New = "is new";

    public const string Gone = "is gone";

    public const string Changed = "changed";

    public List<string> Words { get; } = [];

    public int Count { get; private set; }

    public void Add(string name, string what)
    {
        Count++;
        if (Words.Count < Named)
            Words.Add($"{Clean(name)} {what}");
    }

    private static string Clean(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>
/// The late history of a folder's hash, so that "the data changed" can say which files, however often it was looked at in between. Kept in the tail of the folder's
/// stamps as lines of text: the hash, then for each change its hashes before and after, the number of files, and the first of them.
/// </summary>
internal sealed class ChangeJournal
{
    private const int Longest = 16;

    private readonly List<(string From, string To, int Count, string[] Words)> _entries = [];

    public static ChangeJournal Empty => new();

    /// <summary>What changed from one hash to the present one, if that is known.</summary>
    public string? Describe(string from)
    {
        var start = _entries.FindLastIndex(e => e.From == from);
        if (start < 0)
            return null;
        var (named, others) = (new OrderedDictionary<string, string>(StringComparer.Ordinal), 0);
        foreach (var (_, _, count, words) in _entries.Skip(start))
        {
            others += count - words.Length;
            foreach (var word in words)
                Add(named, word);
        }

        // Where all that is known by name was undone, the names say nothing.
        if (named.Count == 0)
            return null;
        others += Math.Max(0, named.Count - ChangeList.Named);
        var text = string.Join(", ", named.Take(ChangeList.Named).Select(one => $"{one.Key} {one.Value}"));
        return others > 0 ? $"{text} and {others} more" : text;
    }

    /// <summary>Adds a change to those before it: what came and went is none.</summary>
    private static void Add(OrderedDictionary<string, string> changes, string word)
    {
        var what = word.EndsWith(' ' + ChangeList.New, StringComparison.Ordinal) ? ChangeList.New : word.EndsWith(' ' + ChangeList.Gone, StringComparison.Ordinal) ? ChangeList.Gone : ChangeList.Changed;
        var name = word[..^Math.Min(word.Length, what.Length + 1)];
        if (!changes.TryGetValue(name, out var before))
            changes.Add(name, what);
        else if (before == ChangeList.New && what == ChangeList.Gone)
            _ = changes.Remove(name);
        else
            changes[name] = before == ChangeList.New ? ChangeList.New : what == ChangeList.New ? ChangeList.Changed : what;
    }

    public ChangeJournal With(string from, string to, ChangeList changes)
    {
        var next = new ChangeJournal();
        next._entries.AddRange(_entries);
        if (from != to)
            next._entries.Add((from, to, changes.Count, [.. changes.Words]));
        if (next._entries.Count > Longest)
            next._entries.RemoveAt(0);
        return next;
    }

    public string Format(string hash) => string.Join('\n', _entries
        .Select(e => string.Join('\t', [e.From, e.To, e.Count.ToString(CultureInfo.InvariantCulture), .. e.Words])).Prepend(hash));

    /// <summary>The hash and the journal of a tail.</summary>
    /// <exception cref="InvalidDataException">The text is none.</exception>
    public static (string Hash, ChangeJournal Journal) Parse(string tail)
    {
        var lines = tail.Split('\n');
        var journal = new ChangeJournal();
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split('\t');
            if (fields.Length < 3 || !int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                throw new InvalidDataException();
            journal._entries.Add((fields[0], fields[1], count, fields[3..]));
        }

        return (lines[0], journal);
    }
}
