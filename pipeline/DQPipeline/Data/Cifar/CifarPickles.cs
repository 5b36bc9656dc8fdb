using DQPipeline.Data.Pickle;

namespace DQPipeline.Data.Cifar;

/// <summary>
/// The python version of a CIFAR set: pickled dictionaries with <c>data</c>, uint8 N×3072 of numpy, an image a row and plane after plane, and a list of labels. They are read as data;
/// nothing in them is run.
/// </summary>
internal static class CifarPickles
{
    /// <summary>The images of files, one after the other.</summary>
    /// <param name="files">Names and contents.</param>
    /// <param name="path">Where they lie, for messages.</param>
    /// <param name="labels">The key of the list of labels.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="Declarations.DqException">DQ2002: damaged, or no such dictionary; DQ2004: a pickle asks for code.</exception>
    public static ImageSplit Split(IReadOnlyList<(string Name, byte[] Bytes)> files, string path, string labels, int classes)
    {
        var parts = files.Select(file => Part(file.Bytes, $"{file.Name} in {path}", labels, classes)).ToList();
        var pixels = Limit.Pixels(parts.Sum(part => (long)part.Classes.Length), CifarRecords.ImageBytes, path);
        var at = 0;
        foreach (var (data, numbers) in parts)
        {
            CopyRows(data, numbers.Length, pixels.AsSpan(at));
            at += numbers.Length * CifarRecords.ImageBytes;
        }

        return new ImageSplit(pixels, [.. parts.SelectMany(part => part.Classes)]);
    }

    /// <summary>Names of classes from the file <c>meta</c> or <c>batches.meta</c>; null where it has none under that key.</summary>
    public static string[]? Names(byte[] bytes, string file, string key) => Dictionary(bytes, file).GetValueOrDefault(key) is List<object?> names
        ? [.. names.Select(name => PickleReader.TextOf(name) ?? throw DataErrors.Corrupt($"{file}: {key} is no list of names. Fetch the data again."))]
        : null;

    private static (PickledArray Data, int[] Classes) Part(byte[] bytes, string file, string labels, int classes)
    {
        var dictionary = Dictionary(bytes, file);
        if (dictionary.GetValueOrDefault("data") is not PickledArray { Type: "u1", Shape: [> 0 and var images, CifarRecords.ImageBytes] } data
            || images > int.MaxValue / CifarRecords.ImageBytes || data.Bytes.Length != images * CifarRecords.ImageBytes)
            throw DataErrors.Corrupt($"{file} has no 'data', or they are not uint8 N×{CifarRecords.ImageBytes} with all their bytes. Fetch the data again.");
        if (dictionary.GetValueOrDefault(labels) is not List<object?> list || list.Count != images)
            throw DataErrors.Corrupt($"{file} has {images} images and no list '{labels}' of as many labels. Fetch the data again.");

        var numbers = new int[images];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = list[i] is long label && label >= 0 && label < classes ? (int)label
                : throw DataErrors.Corrupt($"{file}: image {i} has the label {list[i] ?? "None"}, and there are the classes 0 to {classes - 1}. Fetch the data again.");
        }

        return (data, numbers);
    }

    private static Dictionary<string, object?> Dictionary(byte[] bytes, string file) => PickleReader.Read(bytes, file) as Dictionary<string, object?>
        ?? throw DataErrors.Corrupt($"{file} is a pickle of something else than a dictionary. Fetch the data again.");

    /// <summary>A numpy array may lie in memory, and so in the file, by its first dimension.</summary>
    private static void CopyRows(PickledArray data, int images, Span<byte> to)
    {
        var from = data.Bytes.Span;
        if (!data.ColumnMajor)
        {
            from.CopyTo(to);
            return;
        }

        for (var image = 0; image < images; image++)
        {
            for (var i = 0; i < CifarRecords.ImageBytes; i++)
                to[image * CifarRecords.ImageBytes + i] = from[i * images + image];
        }
    }
}
