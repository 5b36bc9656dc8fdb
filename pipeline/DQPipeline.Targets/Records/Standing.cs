namespace DQPipeline.Targets.Records;

/// <summary>
/// Which images of a measurement are right, one bit each in the order of the samples, as base64: so that measurements on the same images can be compared image by image, and the
/// worst case over attacks taken, from dq.lock alone.
/// </summary>
public static class Standing
{
    /// <summary>The text of these bits.</summary>
    /// <param name="standing">For each image whether it counts as right.</param>
    public static string Encode(IReadOnlyList<bool> standing)
    {
        var bytes = new byte[(standing.Count + 7) / 8];
        for (var i = 0; i < standing.Count; i++)
            bytes[i / 8] |= (byte)(standing[i] ? 1 << (i % 8) : 0);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>For each image whether it is right in all measurements; null where there is none, or where they are not of as many images.</summary>
    internal static bool[]? InAll(IReadOnlyList<IReadOnlyList<bool>> measurements)
    {
        if (measurements.Count == 0)
            return null;
        bool[] worst = [.. measurements[0]];
        foreach (var standing in measurements)
        {
            if (standing.Count != worst.Length)
                return null;
            for (var i = 0; i < worst.Length; i++)
                worst[i] &= standing[i];
        }

        return worst;
    }

    /// <summary>The bits of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="samples">How many images there should be.</param>
    /// <param name="correct">How many of them should be right.</param>
    /// <returns>For each image whether it counts as right; null where the text does not say what it should.</returns>
    public static bool[]? Decode(string text, int samples, int correct)
    {
        // Every four letters are 24 images: numbers that the text cannot have are not believed.
        if (samples < 0 || samples > text.Length * 6L)
            return null;
        var bytes = new byte[(int)((samples + 7L) / 8)];
        if (text.Length != ((bytes.Length + 2) / 3 * 4) || !Convert.TryFromBase64String(text, bytes, out var length) || length != bytes.Length)
            return null;
        var standing = new bool[samples];
        for (var i = 0; i < bytes.Length * 8; i++)
        {
            var isSet = (bytes[i / 8] & (1 << (i % 8))) != 0;
            if (i < samples)
                standing[i] = isSet;
            else if (isSet)
                return null;
        }

        return standing.Count(right => right) == correct ? standing : null;
    }
}
