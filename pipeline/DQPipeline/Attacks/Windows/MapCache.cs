using DQPipeline.Data;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Windows;

/// <summary>What changed of a layer's result: the windows, and their values N×H×W×C.</summary>
internal sealed record MapPatch(MapWindows Windows, Tensor Values);

/// <summary>The results of a layer for some images, in the layout H×W×C. Copies go along rows of memory, which torch's own gathering does not.</summary>
/// <param name="images">Images.</param>
/// <param name="shape">The shape of a result.</param>
internal sealed class MapCache(int images, MapShape shape)
{
    private readonly float[][] _maps = [.. Enumerable.Range(0, images).Select(_ => new float[shape.Size])];

    private (int Top, int Left, int Height, int Width) Whole => (0, 0, shape.Height, shape.Width);

    /// <summary>The values in windows of some images, with a patch laid over them and zeros beyond the edges; a new tensor N×H×W×C.</summary>
    /// <param name="rows">The images.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="patch">What changed.</param>
    public Tensor Compose(IReadOnlyList<int> rows, MapWindows windows, MapPatch patch)
    {
        var composed = empty([windows.Count, windows.Height, windows.Width, shape.Channels], ScalarType.Float32);
        Parallel.For(0, windows.Count, i =>
        {
            var to = Values(composed, windows, i);
            Copy(_maps[rows[i]], Whole, to, windows.Of(i), clears: true);
            Copy(Values(patch.Values, patch.Windows, i), patch.Windows.Of(i), to, windows.Of(i), clears: false);
        });
        return composed;
    }

    /// <summary>Takes over what changed of some images.</summary>
    /// <param name="rows">The image of each window.</param>
    /// <param name="patch">What changed.</param>
    /// <param name="positions">Which of the windows to take over.</param>
    public void Keep(IReadOnlyList<int> rows, MapPatch patch, IReadOnlyList<int> positions) =>
        Parallel.ForEach(positions, i => Copy(Values(patch.Values, patch.Windows, i), patch.Windows.Of(i), _maps[rows[i]], Whole, clears: false));

    private Span<float> Values(Tensor values, MapWindows windows, int image)
    {
        var size = windows.Height * windows.Width * shape.Channels;
        return PixelConversion.Memory<float>(values).Slice(image * size, size);
    }

    /// <summary>Copies where two windows of a map meet, and clears the rest of the second where asked.</summary>
    private void Copy(ReadOnlySpan<float> from, (int Top, int Left, int Height, int Width) source, Span<float> to, (int Top, int Left, int Height, int Width) target, bool clears)
    {
        var channels = shape.Channels;
        var (left, right) = (Math.Max(source.Left, target.Left), Math.Min(source.Left + source.Width, target.Left + target.Width));
        for (var row = target.Top; row < target.Top + target.Height; row++)
        {
            var line = to.Slice((row - target.Top) * target.Width * channels, target.Width * channels);
            if (row < source.Top || row >= source.Top + source.Height || left >= right)
            {
                if (clears)
                    line.Clear();
                continue;
            }

            var middle = line.Slice((left - target.Left) * channels, (right - left) * channels);
            from.Slice((((row - source.Top) * source.Width) + left - source.Left) * channels, middle.Length).CopyTo(middle);
            if (clears)
            {
                line[..((left - target.Left) * channels)].Clear();
                line[((right - target.Left) * channels)..].Clear();
            }
        }
    }
}
