namespace DQPipeline.Data;

/// <summary>
/// The usual change of small training images: <paramref name="Crop"/> pixels of black (byte 0) around the image, a crop to its own size at a random place,
/// and with <paramref name="Flip"/> a mirror image with probability 1/2. Drawn per image.
/// </summary>
/// <param name="Crop">Pixels of padding on each side; 0 is no crop.</param>
/// <param name="Flip">Whether half of the images are mirrored.</param>
internal readonly record struct Augmentation(int Crop, bool Flip)
{
    /// <summary>What happens to an image in an epoch: it moves right by <c>Right</c> and down by <c>Down</c> pixels, each in [−crop, crop], and is then mirrored, or not.</summary>
    public (int Right, int Down, bool Mirror) Draw(int seed, int epoch, int image)
    {
        var random = new SeededRandom(seed, RandomPurpose.Augmentation, epoch, image);
        var right = random.Next(2 * Crop + 1) - Crop;
        var down = random.Next(2 * Crop + 1) - Crop;
        return (right, down, Flip && random.Chance(0.5f));
    }

    /// <summary>Writes the changed image, by whole rows.</summary>
    /// <param name="from">C×H×W bytes.</param>
    /// <param name="to">As many.</param>
    /// <param name="width">Bytes of a row.</param>
    /// <param name="height">Rows of a channel.</param>
    /// <param name="move">What <see cref="Draw"/> said.</param>
    public static void Apply(ReadOnlySpan<byte> from, Span<byte> to, int width, int height, (int Right, int Down, bool Mirror) move)
    {
        var kept = Math.Max(0, width - Math.Abs(move.Right));
        var fromColumn = Math.Max(0, -move.Right);
        var toColumn = Math.Max(0, move.Right);
        for (var start = 0; start < to.Length; start += width * height)
        {
            for (var y = 0; y < height; y++)
            {
                var row = to.Slice(start + y * width, width);
                var fromY = y - move.Down;
                if (fromY < 0 || fromY >= height || kept == 0)
                {
                    row.Clear();
                    continue;
                }

                row[..toColumn].Clear();
                from.Slice(start + fromY * width + fromColumn, kept).CopyTo(row[toColumn..]);
                row[(toColumn + kept)..].Clear();
                if (move.Mirror)
                    row.Reverse();
            }
        }
    }
}
