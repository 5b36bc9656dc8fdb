using System.Globalization;

namespace DQPipeline.Onnx.Format;

/// <summary>What a model file may say of images and labels, whichever its format: who shows it an image, and who names what it answers, count on that.</summary>
internal static class ModelLimits
{
    private const int MostChannels = 16;

    /// <summary>Larger image files are not decoded either.</summary>
    private const int LargestSide = 16384;

    /// <summary>Holds the size of a model's images against what one array can hold, as they come and decoded to red, green and blue.</summary>
    /// <exception cref="InvalidDataException">There are no such images.</exception>
    public static void CheckImages(long channels, long height, long width)
    {
        // Three channels of the largest sides fit an array; more need not.
        if (channels is < 1 or > MostChannels || height is < 1 or > LargestSide || width is < 1 or > LargestSide || channels * height * width > Array.MaxLength)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"it takes images of {channels}×{height}×{width}; 1 to {MostChannels} channels and 1 to {LargestSide} pixels a side are possible, {Array.MaxLength} numbers in all"));
        }
    }

    /// <summary>Demands that there are labels and that each is told from the others: answers are kept by them.</summary>
    /// <returns>The labels.</returns>
    /// <exception cref="InvalidDataException">One is missing, or there twice.</exception>
    public static string[] CheckLabels(string[]? labels)
    {
        if (labels is null || labels.Any(label => label is null))
            throw new InvalidDataException("its labels are no list of names");
        return labels.Distinct(StringComparer.Ordinal).Count() == labels.Length ? labels : throw new InvalidDataException("two of its labels are the same");
    }
}
