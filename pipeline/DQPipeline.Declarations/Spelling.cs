namespace DQPipeline.Declarations;

/// <summary>Finds the word that was probably meant.</summary>
public static class Spelling
{
    /// <summary>Nobody mistypes a longer word, and comparing two of them takes memory by the product of their lengths.</summary>
    private const int Longest = 200;

    /// <summary><c>; did you mean "x"?</c>, or nothing where no candidate is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> candidates) =>
        Closest(word, candidates) is { } match ? $"; did you mean \"{match}\"?" : "";

    /// <summary>The nearest candidate by edit distance (insert, delete, replace, swap of neighbours), if it is near enough to be a slip; words of more than 200 characters are near to none.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > Longest)
            return null;
        string? best = null;
        var bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (var candidate in candidates.Where(candidate => candidate.Length <= Longest))
        {
            var distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>Optimal string alignment distance.</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var nearest = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    nearest = Math.Min(nearest, rows[i - 2, j - 2] + 1);
                rows[i, j] = nearest;
            }
        }

        return rows[a.Length, b.Length];
    }
}
