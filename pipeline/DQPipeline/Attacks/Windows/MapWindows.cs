namespace DQPipeline.Attacks.Windows;

/// <summary>A window in a feature map of each of N images, all of one size.</summary>
/// <param name="Tops">The first row of each, N; below 0 where it begins in the padding.</param>
/// <param name="Lefts">The first column of each, N.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
internal sealed record MapWindows(int[] Tops, int[] Lefts, int Height, int Width)
{
    /// <summary>Number of images N.</summary>
    public int Count => Tops.Length;

    /// <summary>The window of one of the images.</summary>
    public (int Top, int Left, int Height, int Width) Of(int image) => (Tops[image], Lefts[image], Height, Width);

    /// <summary>All of a map, for each of N images.</summary>
    public static MapWindows Whole(int count, int height, int width) => new(new int[count], new int[count], height, width);

    /// <summary>Whether it is all of a map of this size.</summary>
    public bool Covers(int height, int width) => Height == height && Width == width && Tops.All(top => top == 0) && Lefts.All(left => left == 0);

    /// <summary>Whether both are the same places.</summary>
    public bool Same(MapWindows other) => Height == other.Height && Width == other.Width && Tops.AsSpan().SequenceEqual(other.Tops) && Lefts.AsSpan().SequenceEqual(other.Lefts);

    /// <summary>Where the result of a sliding window may change if this changes, in a result of the given size.</summary>
    /// <param name="kernel">Side k of the sliding window.</param>
    /// <param name="stride">Its step d.</param>
    /// <param name="padding">Its padding p.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="width">Columns of the result.</param>
    public MapWindows Reached(int kernel, int stride, int padding, int height, int width)
    {
        // Result o reads d·o − p … d·o − p + k − 1, so that of s changed rows (s + k − 2)/d + 1 results may know, wherever the rows begin.
        var (rows, columns) = (Math.Min(height, ((Height + kernel - 2) / stride) + 1), Math.Min(width, ((Width + kernel - 2) / stride) + 1));
        int First(int from, int length, int all) => Math.Clamp((from + padding - kernel + stride) / stride, 0, all - length);
        return new(Array.ConvertAll(Tops, top => First(top, rows, height)), Array.ConvertAll(Lefts, left => First(left, columns, width)), rows, columns);
    }

    /// <summary>What a sliding window reads for these results, which may reach into the padding.</summary>
    /// <inheritdoc cref="Reached"/>
    public MapWindows Read(int kernel, int stride, int padding) =>
        new(Array.ConvertAll(Tops, top => (top * stride) - padding), Array.ConvertAll(Lefts, left => (left * stride) - padding), ((Height - 1) * stride) + kernel, ((Width - 1) * stride) + kernel);
}
