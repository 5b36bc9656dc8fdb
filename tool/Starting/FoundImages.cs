using System.IO.Compression;
using DQPipeline.Declarations;
using DQPipeline.Imaging;

namespace DQPipeline.Tool.Starting;

/// <summary>Photographs that could be trained on: a folder or .zip with a folder for each class.</summary>
/// <param name="Path">The folder or file.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Images">Images to train on, roughly: of a folder that is to be split, all but a fifth.</param>
/// <param name="IsSplit">Whether it has train/ and test/.</param>
/// <param name="Side">The shorter side of its first image in pixels; 0 where that cannot be read.</param>
internal sealed record FoundImages(string Path, IReadOnlyList<string> Classes, int Images, bool IsSplit, int Side)
{
    /// <summary>Files that are looked at before a count is called large enough.</summary>
    private const int Most = 200_000;

    /// <summary>A build reads no larger image file either.</summary>
    private const int LargestFile = 64 << 20;

    private static readonly string[] s_extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>What a path holds; null where it is no image folder.</summary>
    public static FoundImages? At(string path)
    {
        try
        {
            var files = Listing(path).Take(Most).ToList();
            return Of(path, files, unwrapped: false);
        }
        catch (Exception failure) when (failure is DqException or InvalidDataException || AtomicFile.IsWriteFailure(failure))
        {
            return null;
        }
    }

    /// <summary>The folder itself, where it has train/ and test/ or its own folders are classes, and then the image folders directly in it.</summary>
    public static IReadOnlyList<FoundImages> In(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        var folders = Directory.GetDirectories(folder).Where(path => !System.IO.Path.GetFileName(path).StartsWith('.')).ToList();
        string[] splits = [System.IO.Path.Combine(folder, "train"), System.IO.Path.Combine(folder, "test")];
        // The half of a data set is none: who trained on what is to be tested on would not learn of it.
        if (Array.TrueForAll(splits, folders.Contains))
            folders.RemoveAll(splits.Contains);
        var candidates = folders.Concat(Directory.GetFiles(folder, "*.zip")).Order(StringComparer.Ordinal).Select(At);
        return [.. candidates.Prepend(At(folder) is { } itself && IsWhole(itself, folders) ? itself : null).OfType<FoundImages>()];
    }

    /// <summary>Whether images are those of their folder itself, and not of the one folder in it or of some: a build takes every folder beside a class for a class.</summary>
    private static bool IsWhole(FoundImages images, List<string> folders) =>
        images.IsSplit ? Directory.Exists(System.IO.Path.Combine(images.Path, "train")) : folders.Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal).SequenceEqual(images.Classes);

    private static FoundImages? Of(string path, List<(string[] Parts, Func<byte[]> Read)> files, bool unwrapped)
    {
        var images = files.FindAll(file => s_extensions.Contains(System.IO.Path.GetExtension(file.Parts[^1]), StringComparer.OrdinalIgnoreCase) && !file.Parts.Any(part => part.StartsWith('.') || part == "__MACOSX"));
        if (images.Count == 0)
            return null;
        var (train, test) = (images.FindAll(file => file.Parts is ["train", _, _]), images.FindAll(file => file.Parts is ["test", _, _]));
        var classed = images.FindAll(file => file.Parts.Length == 2);
        if (train.Count > 0 && test.Count > 0)
            return new(path, Names(train, 1), train.Count, IsSplit: true, SideOf(train[0].Read));
        if (classed.Count == images.Count && Names(classed, 0) is { Count: > 1 } classes && classed.GroupBy(file => file.Parts[0]).All(files => files.Count() > 1))
            return new(path, classes, classed.Count - (classed.Count / 5), IsSplit: false, SideOf(classed[0].Read));
        // An archive is often made of a folder and not of its content.
        return !unwrapped && images.TrueForAll(file => file.Parts.Length > 1 && file.Parts[0] == images[0].Parts[0])
            ? Of(path, [.. images.Select(file => (file.Parts[1..], file.Read))], unwrapped: true) : null;
    }

    private static List<string> Names(List<(string[] Parts, Func<byte[]> Read)> files, int at) => [.. files.Select(file => file.Parts[at]).Distinct().Order(StringComparer.Ordinal)];

    private static int SideOf(Func<byte[]> read)
    {
        try
        {
            var (width, height) = ImageDecoder.SizeOf(read(), "");
            return Math.Min(width, height);
        }
        catch (Exception failure) when (failure is DqException or InvalidDataException || AtomicFile.IsWriteFailure(failure))
        {
            // What is wrong with it, the build tells with the place and the mend.
            return 0;
        }
    }

    private static IEnumerable<(string[] Parts, Func<byte[]> Read)> Listing(string path)
    {
        if (Directory.Exists(path))
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
            foreach (var file in Directory.EnumerateFiles(path, "*", options))
                yield return (System.IO.Path.GetRelativePath(path, file).Split(System.IO.Path.DirectorySeparatorChar), () => OrdinaryFile.Read(file, mend: "", CheckLength));
            yield break;
        }

        OrdinaryFile.Require(path, mend: "");
        List<string> names;
        using (var zip = ZipFile.OpenRead(path))
            names = [.. zip.Entries.Select(entry => entry.FullName).Where(name => !name.EndsWith('/'))];
        foreach (var name in names)
            yield return (name.Split('/'), () => Unpacked(path, name));
    }

    private static byte[] Unpacked(string path, string name)
    {
        using var zip = ZipFile.OpenRead(path);
        var entry = zip.GetEntry(name)!;
        CheckLength(entry.Length);
        var bytes = new byte[entry.Length];
        using var content = entry.Open();
        content.ReadExactly(bytes);
        return bytes;
    }

    private static void CheckLength(long length)
    {
        if (length > LargestFile)
            throw new InvalidDataException($"an image file has {length} bytes, and up to {LargestFile >> 20} MiB are read");
    }
}
