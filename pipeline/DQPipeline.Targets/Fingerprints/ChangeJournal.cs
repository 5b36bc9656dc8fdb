using System.Globalization;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>Which files made a folder differ from one time to the next: the first few by name, the rest by number.</summary>
internal sealed class ChangeList
{
    private const int Named = 3;

    public List<string> Words { get; } = [];

    public int Count { get; private set; }

    public void Add(string name, string what)
    {
        Count++;
        if (Words.Count < Named)
            Words.Add($"{Clean(name)} {what}");
    }

    public void Add(int count, IEnumerable<string> words)
    {
        Count += count;
        foreach (var word in words)
        {
            if (Words.Count < Named && !Words.Contains(word))
                Words.Add(word);
        }
    }

    public override string ToString() => Count > Words.Count ? $"{string.Join(", ", Words)} and {Count - Words.Count} more" : string.Join(", ", Words);

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
        var all = new ChangeList();
        foreach (var (_, _, count, words) in _entries.Skip(start))
            all.Add(count, words);
        return all.ToString();
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
