using System.Security.Cryptography;
using System.Text;

namespace DQPipeline.Data;

/// <summary>
/// Splits a folder of CLASS/FILE, which knows no train/ and test/. Which images are tested on is decided by a hash of each name: neither the seed nor the order of a listing moves an image over, and
/// images that are added move as few as can be.
/// </summary>
internal static class TestShare
{
    /// <summary>The listing as if its files stood in train/CLASS/ and test/CLASS/.</summary>
    /// <param name="entries">Files of CLASS/FILE; folders are listed with an empty last part.</param>
    /// <param name="share">The share of each class's images that goes to test, above 0 and below 1: one at least, and not all.</param>
    /// <param name="path">The folder, for messages.</param>
    /// <exception cref="Declarations.DqException">DQ2005: there is a train/ or test/, an image stands outside of a class or deeper, or a class has fewer than two images.</exception>
    public static List<ImageFile> Split(List<ImageFile> entries, double share, string path)
    {
        if (entries.Any(file => file.Path[0] is "train" or "test"))
            throw DataErrors.Unfit($"{path} has train/ or test/, so that \"testShare\" is nothing to decide; remove the option, or name the folder of the classes.");
        if (entries.Find(file => ImageCatalogue.IsImage(file) && file.Path.Length != 2) is { } misplaced)
            throw DataErrors.Unfit($"{path}: {string.Join('/', misplaced.Path)} must stand directly in a folder of its class, as CLASS/{misplaced.Path[^1]}.");
        var split = new List<ImageFile>(entries.Count);
        foreach (var files in entries.Where(file => file.Path.Length == 2).GroupBy(file => file.Path[0], StringComparer.Ordinal))
        {
            ImageFile[] images = [.. files.Where(ImageCatalogue.IsImage).OrderBy(file => Rank(file.Path[1]), StringComparer.Ordinal)];
            if (images.Length < 2)
                throw DataErrors.Unfit($"{path}: the class '{files.Key}' has {(images.Length == 0 ? "no image" : "one image")} (.jpg, .jpeg or .png); two or more are needed, one to train on and one to test on.");
            var tested = Math.Clamp((int)Math.Round(share * images.Length), 1, images.Length - 1);
            split.AddRange(images.Select((file, place) => file with { Path = [place < tested ? "test" : "train", .. file.Path] }));
        }

        return split;
    }

    private static string Rank(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
