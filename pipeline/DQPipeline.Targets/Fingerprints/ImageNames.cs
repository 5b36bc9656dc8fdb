using DQPipeline.Declarations;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>
/// What of an image folder its loader reads (<c>ImageCatalogue</c> of DQPipeline): images by the ends of their names, and the folders of classes, of which one without an image is an error. Other files are passed over, and a
/// change of them is none. In a folder that the loader takes and that holds images only, the files are the names.
/// </summary>
/// <param name="HasTestShare">Whether the folders of classes stand alone, without train/ and test/ around them.</param>
internal sealed record ImageNames(bool HasTestShare)
{
    /// <summary>Those of a data set; null where it is none of images in folders.</summary>
    public static ImageNames? Of(DatasetDeclaration dataset) => dataset is ImageFolderDeclaration folder ? new(folder.TestShare > 0) : null;

    /// <summary>Whether an entry is left out with all that is in it, as what some archivers leave behind.</summary>
    public static bool IsPassedOver(ReadOnlySpan<char> name) => name is "__MACOSX";

    /// <summary>How a folder with these entries is read.</summary>
    public Layout In(IEnumerable<(string Name, bool IsFolder)> top)
    {
        var (entries, folders, isSplit) = (0, 0, false);
        foreach (var (name, isFolder) in top)
        {
            entries++;
            folders += isFolder ? 1 : 0;
            isSplit |= name is "train" or "test";
        }

        return new(HasTestShare, isSplit, folders == 1, Depth: !isSplit && entries == 1 && folders == 1 ? 1 : 0);
    }

    /// <summary>How a folder is read.</summary>
    /// <param name="HasTestShare">As declared.</param>
    /// <param name="IsSplit">Whether there is a train/ or test/ at the top.</param>
    /// <param name="HasOneFolder">Whether there is a single folder at the top: alone it is looked through, with a file beside it not.</param>
    /// <param name="Depth">Folders to look through, 0 or 1.</param>
    public sealed record Layout(bool HasTestShare, bool IsSplit, bool HasOneFolder, int Depth)
    {
        /// <summary>Whether a file says anything to the loader.</summary>
        public bool Reads(string name) => IsImage(Path.GetExtension(name.AsSpan())) || (!IsSplit && HasOneFolder && !name.Contains('/', StringComparison.Ordinal));

        /// <summary>Whether a folder, without anything that is read in it, is one at which the loader stops.</summary>
        /// <param name="prefix">Its name with a '/' behind it; empty for the top.</param>
        public bool IsClass(string prefix)
        {
            if (prefix.Length == 0)
                return false;
            var parts = prefix[..^1].Split('/');
            // At the top, where no train/ and test/ stand, every folder is one of a class, or the only one.
            return (!IsSplit && parts.Length == 1) || (HasTestShare ? parts.Length == Depth + 1 : parts.Length == Depth + 2 && parts[Depth] is "train" or "test");
        }

        private static bool IsImage(ReadOnlySpan<char> extension) =>
            extension.Equals(".jpg", StringComparison.OrdinalIgnoreCase) || extension.Equals(".jpeg", StringComparison.OrdinalIgnoreCase) || extension.Equals(".png", StringComparison.OrdinalIgnoreCase);
    }
}
