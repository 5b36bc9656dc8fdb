namespace DQPipeline.Data;

/// <summary>An image of a source: where it stands in the source's listing, and its path split at '/'.</summary>
internal sealed record ImageFile(int Entry, string[] Path);

/// <summary>Images and their class numbers.</summary>
internal sealed record ImageList(ImageFile[] Files, int[] Classes)
{
    public ImageList At(int[] indices) => new([.. indices.Select(i => Files[i])], [.. indices.Select(i => Classes[i])]);
}

/// <summary>Which images of a source belong to which split and class.</summary>
internal sealed record ImageCatalogue(string[] Labels, ImageList Train, ImageList Test)
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Sorts a listing into splits and classes. Files that are no images, and hidden ones, are passed over.</summary>
    /// <param name="source">The listing.</param>
    /// <param name="testShare">The share of each class's images to test on, where no folders tell; 0 where train/ and test/ do.</param>
    /// <exception cref="Declarations.DqException">DQ2001 no train or test; DQ2005 a class without images, one class only, a test class that training lacks, images outside of a class.</exception>
    public static ImageCatalogue Of(ImageSource source, double testShare)
    {
        var entries = Unwrap(source.List());
        if (testShare > 0)
            entries = TestShare.Split(entries, testShare, source.Path);
        var train = Classes(entries, "train", source.Path);
        var test = Classes(entries, "test", source.Path);
        var labels = train.Keys.ToArray();
        if (labels.Length < 2)
            throw DataErrors.Unfit($"{source.Path}: train/ has the one class '{labels[0]}'; two or more are needed.");
        if (test.Keys.Except(labels, StringComparer.Ordinal).ToArray() is [var foreign, ..])
            throw DataErrors.Unfit($"{source.Path}: test/ has the class '{foreign}', which train/ lacks. Names of classes are compared letter by letter.");
        return new ImageCatalogue(labels, Flatten(train, labels), Flatten(test, labels));
    }

    /// <summary>Archives are often made of a folder and not of its content: one folder around train/ and test/ is looked through.</summary>
    private static List<ImageFile> Unwrap(IEnumerable<ImageFile> listing)
    {
        var entries = listing.Where(file => !file.Path.Any(part => part.StartsWith('.') || part == "__MACOSX")).ToList();
        if (entries.Count == 0 || entries.Any(file => file.Path[0] is "train" or "test"))
            return entries;
        var top = entries[0].Path[0];
        return entries.All(file => file.Path[0] == top)
            ? [.. entries.Where(file => file.Path.Length > 1).Select(file => file with { Path = file.Path[1..] })]
            : entries;
    }

    /// <summary>Whether a file is taken for an image, by its name.</summary>
    public static bool IsImage(ImageFile file) => IsImage(file.Path[^1]);

    /// <inheritdoc cref="IsImage(ImageFile)"/>
    public static bool IsImage(string name) => Extensions.Contains(System.IO.Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    private static SortedDictionary<string, List<ImageFile>> Classes(List<ImageFile> entries, string split, string path)
    {
        var classes = new SortedDictionary<string, List<ImageFile>>(StringComparer.Ordinal);
        foreach (var file in entries.Where(file => file.Path[0] == split && file.Path.Length > 1))
        {
            // A folder is listed with an empty last part, so that a class without images is seen.
            var isImage = IsImage(file);
            if (isImage && file.Path.Length != 3)
                throw DataErrors.Unfit($"{path}: {string.Join('/', file.Path)} must stand directly in a folder of its class, as {split}/CLASS/{file.Path[^1]}.");
            if (file.Path.Length < 3 || file.Path[1].Length == 0)
                continue;
            if (!classes.TryGetValue(file.Path[1], out var files))
                classes[file.Path[1]] = files = [];
            if (isImage)
                files.Add(file);
        }

        if (classes.Count == 0)
            throw DataErrors.Missing($"{path} has no {split}/CLASS/ with images. An image folder has train/CLASS/*.jpg and test/CLASS/*.jpg (or .jpeg, .png); for one with CLASS/*.jpg alone declare \"testShare\": 0.2.");
        foreach (var (name, files) in classes)
        {
            if (files.Count == 0)
                throw DataErrors.Unfit($"{path}: the class {split}/{name} has no image (.jpg, .jpeg or .png). Add images, or remove the folder.");
        }

        return classes;
    }

    private static ImageList Flatten(SortedDictionary<string, List<ImageFile>> classes, string[] labels)
    {
        var files = new List<ImageFile>();
        var numbers = new List<int>();
        foreach (var (name, members) in classes)
        {
            members.Sort((a, b) => string.CompareOrdinal(a.Path[^1], b.Path[^1]));
            files.AddRange(members);
            numbers.AddRange(Enumerable.Repeat(Array.IndexOf(labels, name), members.Count));
        }

        return new ImageList([.. files], [.. numbers]);
    }
}
