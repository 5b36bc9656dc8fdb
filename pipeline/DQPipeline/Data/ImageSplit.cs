namespace DQPipeline.Data;

/// <summary>Images and their classes. The images lie in memory, or in a file that is mapped and need not fit.</summary>
public sealed class ImageSplit
{
    private readonly byte[]? _pixels;
    private readonly ImageMap? _map;
    private readonly long _first;
    private readonly int _imageBytes;
    private readonly int[]? _at;

    /// <summary>A split over the given arrays, which are not copied.</summary>
    /// <param name="pixels">uint8 N×C×H×W, row-major.</param>
    /// <param name="classes">N class numbers.</param>
    /// <exception cref="ArgumentException">The arrays do not fit each other.</exception>
    public ImageSplit(byte[] pixels, int[] classes)
    {
        if (classes.Length == 0 ? pixels.Length != 0 : pixels.Length % classes.Length != 0)
            throw new ArgumentException($"{pixels.Length} bytes are not {classes.Length} images of one size.");
        _pixels = pixels;
        _imageBytes = classes.Length == 0 ? 0 : pixels.Length / classes.Length;
        Classes = classes;
    }

    /// <summary>A split over images that lie one behind the other in a mapped file.</summary>
    internal ImageSplit(ImageMap map, long first, int imageBytes, int[] classes)
    {
        (_map, _first, _imageBytes) = (map, first, imageBytes);
        Classes = classes;
    }

    private ImageSplit(ImageSplit whole, int[] at)
    {
        (_pixels, _map, _first, _imageBytes) = (whole._pixels, whole._map, whole._first, whole._imageBytes);
        _at = whole._at is { } before ? [.. at.Select(index => before[index])] : at;
        Classes = [.. at.Select(index => whole.Classes[index])];
    }

    /// <summary>uint8 N×C×H×W, row-major, 0–255. A copy where the images lie in a file, or are some of a larger set.</summary>
    /// <exception cref="Declarations.DqException">DQ2005: a copy would be more than one array holds, about 2 GB.</exception>
    public byte[] Pixels
    {
        get
        {
            if (_pixels is not null && _at is null)
                return _pixels;
            var pixels = Limit.Pixels(Count, _imageBytes, "the images as one array");
            for (var i = 0; i < Count; i++)
                Image(i).CopyTo(pixels.AsSpan(i * _imageBytes));
            return pixels;
        }
    }

    /// <summary>Class number of each image.</summary>
    public int[] Classes { get; }

    /// <summary>How many images.</summary>
    public int Count => Classes.Length;

    /// <summary>The bytes of image <paramref name="index"/>, C×H×W.</summary>
    public ReadOnlySpan<byte> Image(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var place = _at is null ? index : _at[index];
        return _pixels is not null ? _pixels.AsSpan(place * _imageBytes, _imageBytes) : _map!.Bytes(_first + ((long)place * _imageBytes), _imageBytes);
    }

    /// <summary>The images at the given indices, in that order, without a copy of them.</summary>
    internal ImageSplit At(int[] indices) => new(this, indices);
}
