using DQPipeline.Declarations;

namespace DQPipeline.Data.Cifar;

/// <summary>
/// CIFAR-100 (Krizhevsky, 2009) in its published binary or python version: train and test, with or without .bin, in a folder or in the .tar.gz as it is published. Each image has a coarse
/// label (20 superclasses) and a fine one (100 classes), in this order in a record. The names of the classes come with the images.
/// </summary>
internal static class Cifar100
{
    private static readonly CifarVersion Binary = new("cifar-100-binary", ["train.bin"], "test.bin", "fine_label_names.txt", "coarse_label_names.txt");

    private static readonly CifarVersion Python = new("cifar-100-python", ["train"], "test", "meta");

    /// <summary>The published file of training images has 154 MB.</summary>
    private static readonly CifarFiles Published = new("cifar-100", "CIFAR-100", 320 << 20, Binary, Python);

    public static ImageDataset Load(Cifar100Declaration declaration, CancellationToken cancellation)
    {
        var (path, labels) = (declaration.Path, declaration.Labels);
        var (label, classes) = labels == "coarse" ? (0, 20) : (1, 100);
        var (version, files) = Published.Read(path, cancellation);
        var names = ParseNames();
        var (train, test) = (Split(version.Train), Split([version.Test]));
        return new ImageDataset(
            names, 3, CifarRecords.Side, CifarRecords.Side, declaration.MayFlip,
            Limit.Apply(train, declaration.Train, declaration.Seed, "train"), Limit.Apply(test, declaration.Test, declaration.Seed, "test"));

        ImageSplit Split(string[] batches)
        {
            (string, byte[])[] parts = [.. batches.Select(name => (name, files[name]))];
            return version == Python ? CifarPickles.Split(parts, path, $"{labels}_labels", classes) : CifarRecords.Split(parts, path, labels: 2, label, classes);
        }

        string[] ParseNames()
        {
            var file = version == Python ? "meta" : $"{labels}_label_names.txt";
            if (!files.TryGetValue(file, out var bytes))
                throw DataErrors.Missing($"{path} has no {file}, which names the classes. `dq data fetch cifar-100` brings it.");
            var found = version == Python ? CifarPickles.Names(bytes, $"{file} in {path}", $"{labels}_label_names") : CifarRecords.Names(bytes);
            return found?.Length == classes && found.Distinct(StringComparer.Ordinal).Count() == classes
                ? found
                : throw DataErrors.Corrupt($"{file} in {path} does not hold {classes} different names of {labels} classes. Fetch the data again.");
        }
    }
}
