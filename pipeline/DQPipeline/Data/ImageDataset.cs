namespace DQPipeline.Data;

/// <summary>A labelled set of images of one size, held as bytes.</summary>
/// <param name="Labels">Class names in the order of their numbers, at least two.</param>
/// <param name="Channels">3 for RGB, 1 for grey.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Columns of pixels.</param>
/// <param name="MayFlip">Whether a mirrored image is still of its class.</param>
/// <param name="Train">The training split.</param>
/// <param name="Test">The test split.</param>
public sealed record ImageDataset(
    IReadOnlyList<string> Labels, int Channels, int Height, int Width, bool MayFlip, ImageSplit Train, ImageSplit Test)
{
    /// <summary>Bytes of one image.</summary>
    public int ImageBytes => Channels * Height * Width;
}

/// <summary>Images and their classes.</summary>
public sealed class ImageSplit
{
    /// <summary>A split over the given arrays, which are not copied.</summary>
    /// <param name="pixels">uint8 N×C×H×W, row-major.</param>
    /// <param name="classes">N class numbers.</param>
    /// <exception cref="ArgumentException">The arrays do not fit each other.</exception>
    public ImageSplit(byte[] pixels, int[] classes)
    {
        if (classes.Length == 0 ? pixels.Length != 0 : pixels.Length % classes.Length != 0)
            throw new ArgumentException($"{pixels.Length} bytes are not {classes.Length} images of one size.");
        Pixels = pixels;
        Classes = classes;
    }

    /// <summary>uint8 N×C×H×W, row-major, 0–255.</summary>
    public byte[] Pixels { get; }

    /// <summary>Class number of each image.</summary>
    public int[] Classes { get; }

    /// <summary>How many images.</summary>
    public int Count => Classes.Length;

    /// <summary>The bytes of image <paramref name="index"/>, C×H×W.</summary>
    public ReadOnlySpan<byte> Image(int index)
    {
        var size = Pixels.Length / Count;
        return Pixels.AsSpan(index * size, size);
    }
}
