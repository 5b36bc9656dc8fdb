using System.Formats.Tar;
using System.IO.Compression;
using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>
/// CIFAR-10 (Krizhevsky, 2009) in its published binary version: data_batch_1..5.bin and test_batch.bin, in a folder or in the .tar.gz as it is published,
/// which is read in place. A record is the class (one byte, 0–9) and 3×32×32 bytes, plane after plane. Files may hold fewer records than the published 10,000,
/// as long as the five training files hold as many as each other.
/// </summary>
internal static class Cifar10
{
    private const int Side = 32;
    private const int ImageBytes = 3 * Side * Side;
    private const int RecordBytes = 1 + ImageBytes;
    private const string Names = "batches.meta.txt";
    private const string TestFile = "test_batch.bin";

    /// <summary>The published files have 30 MB; nothing in an archive is unpacked beyond this.</summary>
    private const long LargestFile = 64 << 20;

    private static readonly string[] TrainFiles = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];

    private static readonly string[] Labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    public static ImageDataset Load(Cifar10Declaration declaration, CancellationToken cancellation)
    {
        var path = declaration.Path;
        var files = Directory.Exists(path) ? FromFolder(path, cancellation)
            : File.Exists(path) ? FromArchive(path, cancellation)
            : throw DataErrors.Missing($"{path} is neither a folder nor a file. `dq data fetch cifar-10` brings CIFAR-10; then set 'path' to what it wrote.");

        foreach (var name in TrainFiles.Append(TestFile))
        {
            if (!files.ContainsKey(name))
                throw DataErrors.Missing($"{path} has no {name}. The binary version of CIFAR-10 has data_batch_1..5.bin and test_batch.bin; `dq data fetch cifar-10` brings it.");
        }

        foreach (var name in TrainFiles)
        {
            // A file that was cut exactly between two records shows only in this.
            if (files[name].Length != files[TrainFiles[0]].Length && files[name].Length % RecordBytes == 0)
                throw DataErrors.Corrupt($"{name} in {path} has {files[name].Length} bytes and {TrainFiles[0]} has {files[TrainFiles[0]].Length}: the five training files are of one length. Fetch the data again.");
        }

        var train = Split([.. TrainFiles.Select(name => (name, files[name]))], path);
        var test = Split([(TestFile, files[TestFile])], path);
        return new ImageDataset(
            files.TryGetValue(Names, out var names) ? ParseNames(names, path) : Labels, 3, Side, Side, declaration.MayFlip,
            Limit.Apply(train, declaration.Train, declaration.Seed, "train"), Limit.Apply(test, declaration.Test, declaration.Seed, "test"));
    }

    private static ImageSplit Split((string Name, byte[] Bytes)[] files, string path)
    {
        var images = files.Sum(file => file.Bytes.Length / RecordBytes);
        var pixels = new byte[images * ImageBytes];
        var classes = new int[images];
        var image = 0;
        foreach (var (name, bytes) in files)
        {
            if (bytes.Length == 0 || bytes.Length % RecordBytes != 0)
                throw DataErrors.Corrupt($"{name} in {path} has {bytes.Length} bytes, which is no whole number of records of {RecordBytes} bytes: it was cut short, or is another file. Fetch the data again.");
            for (var at = 0; at < bytes.Length; at += RecordBytes, image++)
            {
                if (bytes[at] >= Labels.Length)
                    throw DataErrors.Corrupt($"{name} in {path}: record {at / RecordBytes} (byte {at}) has the class {bytes[at]}, and there are the classes 0 to {Labels.Length - 1}. Fetch the data again.");
                classes[image] = bytes[at];
                bytes.AsSpan(at + 1, ImageBytes).CopyTo(pixels.AsSpan(image * ImageBytes));
            }
        }

        return new ImageSplit(pixels, classes);
    }

    private static string[] ParseNames(byte[] text, string path)
    {
        var names = System.Text.Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length == Labels.Length && names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? names
            : throw DataErrors.Corrupt($"{Names} in {path} does not hold {Labels.Length} different class names, one a line. Fetch the data again, or remove the file: it is optional.");
    }

    private static Dictionary<string, byte[]> FromFolder(string folder, CancellationToken cancellation)
    {
        // The folder that the archive unpacks to may be named, or the one in which it was unpacked.
        var inner = Path.Combine(folder, "cifar-10-batches-bin");
        if (!File.Exists(Path.Combine(folder, TestFile)) && Directory.Exists(inner))
            folder = inner;

        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in TrainFiles.Append(TestFile).Append(Names))
        {
            cancellation.ThrowIfCancellationRequested();
            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists)
                continue;
            if (file.Length > LargestFile)
                throw DataErrors.Corrupt($"{file.FullName} has {file.Length} bytes, more than any file of CIFAR-10. Fetch the data again.");
            files[name] = File.ReadAllBytes(file.FullName);
        }

        return files;
    }

    private static Dictionary<string, byte[]> FromArchive(string path, CancellationToken cancellation)
    {
        var wanted = TrainFiles.Append(TestFile).Append(Names).ToHashSet(StringComparer.Ordinal);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var file = File.OpenRead(path);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var archive = new TarReader(unzipped);
            while (archive.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                var name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                if (entry.DataStream is null || !wanted.Contains(name))
                    continue;
                if (entry.Length > LargestFile)
                    throw DataErrors.Unsafe($"{entry.Name} in {path} would unpack to {entry.Length} bytes, more than any file of CIFAR-10. Fetch the archive again.");
                var bytes = new byte[entry.Length];
                entry.DataStream.ReadExactly(bytes);
                if (!files.TryAdd(name, bytes))
                    throw DataErrors.Corrupt($"{path} holds {name} twice. Fetch the archive again.");
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw DataErrors.Corrupt($"{path} is no whole .tar.gz ({e.Message.TrimEnd('.')}). Fetch it again with `dq data fetch cifar-10`.", e);
        }

        return files;
    }
}
