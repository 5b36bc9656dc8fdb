namespace DQPipeline.Data;

/// <summary>Seeded choices of images.</summary>
public static class Sampling
{
    /// <summary>
    /// A class-balanced sample: the same number of every class as far as each has that many, and the remainder spread over classes, one each.
    /// For a seed, a larger sample takes from every class the images of the smaller one, and more.
    /// </summary>
    /// <param name="classes">The class number of each image, 0 or more.</param>
    /// <param name="count">How many to choose, 0 to the number of images.</param>
    /// <param name="seed">The same seed chooses the same images.</param>
    /// <returns>Indices into <paramref name="classes"/>, ascending.</returns>
    public static int[] ClassBalanced(int[] classes, int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, classes.Length);
        if (count == classes.Length)
            return [.. Enumerable.Range(0, count)];

        var members = new List<int>[classes.Length == 0 ? 0 : classes.Max() + 1];
        for (var c = 0; c < members.Length; c++)
            members[c] = [];
        for (var i = 0; i < classes.Length; i++)
            members[classes[i]].Add(i);

        var quota = Quotas([.. members.Select(m => m.Count)], count, seed);
        var chosen = new List<int>(count);
        for (var c = 0; c < members.Length; c++)
        {
            var order = Shuffled(members[c].Count, new SeededRandom(seed, RandomPurpose.Sample, epoch: 0, index: c));
            for (var i = 0; i < quota[c]; i++)
                chosen.Add(members[c][order[i]]);
        }

        chosen.Sort();
        return [.. chosen];
    }

    /// <summary>A permutation of 0..<paramref name="count"/>−1 (Fisher–Yates), every one as likely: the order of an epoch.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <param name="seed">The seed of the training.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public static int[] Permutation(int count, int seed, int epoch) => Shuffled(count, new SeededRandom(seed, RandomPurpose.Order, epoch));

    private static int[] Shuffled(int count, SeededRandom random)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    /// <summary>One more of every class that has one left, until fewer are to be given than classes have some left; those go to classes by lot.</summary>
    private static int[] Quotas(int[] available, int count, int seed)
    {
        var quota = new int[available.Length];
        while (count > 0)
        {
            var open = Enumerable.Range(0, available.Length).Where(c => quota[c] < available[c]).ToArray();
            var each = Math.Min(count / open.Length, open.Min(c => available[c] - quota[c]));
            if (each == 0)
            {
                var lot = Shuffled(open.Length, new SeededRandom(seed, RandomPurpose.Sample, epoch: 1));
                foreach (var i in lot.AsSpan(0, count))
                    quota[open[i]]++;
                break;
            }

            foreach (var c in open)
                quota[c] += each;
            count -= each * open.Length;
        }

        return quota;
    }
}
