namespace DQPipeline.Data;

/// <summary>The <c>train</c> and <c>test</c> limits of a stored data set.</summary>
internal static class Limit
{
    /// <summary>The longest array of bytes that .NET makes.</summary>
    private const long LongestArray = 0x7FFFFFC7;

    /// <summary>What an image costs besides its pixels while a set is read: its class number and its place among those that are chosen, each twice.</summary>
    private const long BytesBesidePixels = 16;

    /// <summary>Deflate codes at most 258 bytes in 2 bits, so a header that promises more than 1,032 times the packed bytes lies.</summary>
    public const long LargestDeflateRatio = 1032;

    /// <summary>Indices of the images that a declaration wants: all where <paramref name="limit"/> is 0, else a class-balanced sample.</summary>
    /// <exception cref="Declarations.DqException">DQ2005: there are fewer images than declared.</exception>
    public static int[] Choose(int[] classes, int limit, int seed, string split)
    {
        if (limit > classes.Length)
            throw DataErrors.Unfit($"'{split}' asks for {limit} images, but the data have {classes.Length}. Lower '{split}', or leave it out to take them all.");
        return Sampling.ClassBalanced(classes, limit == 0 ? classes.Length : limit, seed);
    }

    /// <summary>The chosen images of a split.</summary>
    public static ImageSplit Apply(ImageSplit split, int limit, int seed, string name)
    {
        var chosen = Choose(split.Classes, limit, seed, name);
        // A copy, so that what was not chosen takes no memory.
        return chosen.Length == split.Count ? split : new ImageSplit(split.At(chosen).Pixels, [.. chosen.Select(index => split.Classes[index])]);
    }

    /// <summary>
    /// Refuses a number of images before their labels are read: of images of a few bytes these cost more than the pixels. Of images that a network takes, which have 4 pixels a side or more, all that
    /// <see cref="Pixels"/> has room for pass.
    /// </summary>
    /// <exception cref="Declarations.DqException">DQ2005: they are too many.</exception>
    public static void CheckCount(long images, long imageBytes, string name)
    {
        if (images * (imageBytes + BytesBesidePixels) > 2 * LongestArray)
            throw DataErrors.Unfit($"{name}: {images} images of {imageBytes} bytes are more than can be held with their labels. Make the file again with fewer images.");
    }

    /// <summary>An array for so many images of so many bytes.</summary>
    /// <exception cref="Declarations.DqException">DQ2005: more than one array of .NET holds, about 2 GB.</exception>
    public static byte[] Pixels(long images, long imageBytes, string name) => images * imageBytes <= LongestArray
        ? new byte[images * imageBytes]
        : throw DataErrors.Unfit($"{name}: {images} images of {imageBytes} bytes are more than the 2 GB a split may have. Use fewer images ('train', 'test'), or smaller ones.");
}
