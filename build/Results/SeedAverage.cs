namespace DQPipeline.Results;

/// <summary>What several seeds say together.</summary>
internal static class SeedAverage
{
    /// <summary>
    /// The 95 % interval of the difference of two accuracies, averaged over seeds. The seeds were measured on the same images, so an image is one observation, whose value is its average over
    /// the seeds; their mean is taken as normally distributed. It is of these trained models: how much others, of further seeds, would differ is not in it.
    /// </summary>
    /// <param name="seeds">Both measurements of each seed, all of them of the same images.</param>
    /// <returns>The ends, −1 to 1.</returns>
    public static (double Low, double High) Interval(IReadOnlyList<Pair> seeds)
    {
        var images = Enumerable.Range(0, seeds[0].More.Count).Select(i => seeds.Average(seed => (seed.More[i] ? 1.0 : 0) - (seed.Than[i] ? 1.0 : 0))).ToList();
        var mean = images.Average();
        var error = Math.Sqrt(images.Sum(image => (image - mean) * (image - mean)) / (images.Count - 1) / images.Count);
        return (mean - (1.959964 * error), mean + (1.959964 * error));
    }
}
