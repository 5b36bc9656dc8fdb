using DQPipeline.Declarations;

namespace DQPipeline.Data.Cifar;

/// <summary>
/// CIFAR-10 (Krizhevsky, 2009) in its published binary or python version: data_batch_1..5 and test_batch, with or without .bin, in a folder or in the .tar.gz as it is published.
/// Files may hold fewer images than the published 10,000, as long as the five training files of the binary version hold as many as each other.
/// </summary>
internal static class Cifar10
{
    private static readonly CifarVersion Binary = new("cifar-10-batches-bin", [.. Batches.Select(name => name + ".bin")], "test_batch.bin", "batches.meta.txt");

    private static readonly CifarVersion Python = new("cifar-10-batches-py", [.. Batches], "test_batch", "batches.meta");

    /// <summary>The published files have 30 MB.</summary>
    private static readonly CifarFiles Published = new("cifar-10", "CIFAR-10", 64 << 20, Binary, Python);

    private static readonly string[] Labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private static IEnumerable<string> Batches => Enumerable.Range(1, 5).Select(i => $"data_batch_{i}");

    public static ImageDataset Load(Cifar10Declaration declaration, CancellationToken cancellation)
    {
        var path = declaration.Path;
        var (version, files) = Published.Read(path, cancellation);
        var (train, test) = (Split(version.Train), Split([version.Test]));
        return new ImageDataset(
            files.TryGetValue(version.Names[0], out var names) ? ParseNames(names) : Labels, 3, CifarRecords.Side, CifarRecords.Side, declaration.MayFlip,
            Limit.Apply(train, declaration.Train, declaration.Seed, "train"), Limit.Apply(test, declaration.Test, declaration.Seed, "test"));

        ImageSplit Split(string[] batches)
        {
            (string Name, byte[] Bytes)[] parts = [.. batches.Select(name => (name, files[name]))];
            if (version == Python)
                return CifarPickles.Split(parts, path, "labels", Labels.Length);
            CheckLengths(parts, path);
            return CifarRecords.Split(parts, path, labels: 1, label: 0, Labels.Length);
        }

        string[] ParseNames(byte[] bytes)
        {
            var file = version.Names[0];
            var found = version == Python ? CifarPickles.Names(bytes, $"{file} in {path}", "label_names") : CifarRecords.Names(bytes);
            return found?.Length == Labels.Length && found.Distinct(StringComparer.Ordinal).Count() == found.Length
                ? found
                : throw DataErrors.Corrupt($"{file} in {path} does not hold {Labels.Length} different class names. Fetch the data again, or remove the file: it is optional.");
        }
    }

    /// <summary>A file that was cut exactly between two records shows only in this.</summary>
    private static void CheckLengths((string Name, byte[] Bytes)[] batches, string path)
    {
        var (first, length) = (batches[0].Name, batches[0].Bytes.Length);
        foreach (var (name, bytes) in batches)
        {
            if (bytes.Length != length && bytes.Length % (1 + CifarRecords.ImageBytes) == 0)
                throw DataErrors.Corrupt($"{name} in {path} has {bytes.Length} bytes and {first} has {length}: the five training files are of one length. Fetch the data again.");
        }
    }
}
