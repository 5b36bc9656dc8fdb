using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Imaging;
using DQPipeline.Tests.Training;
using SkiaSharp;

namespace DQPipeline.Tests.Data;

public sealed class ImageStoreTests : IDisposable
{
    private const int Side = 8;
    private const int ImageBytes = 3 * Side * Side;

    private readonly string _folder = Directory.CreateTempSubdirectory("dq-store-").FullName;
    private readonly List<Diagnostic> _warnings = [];

    private string Photos => Path.Combine(_folder, "photos");

    private string Cache => Path.Combine(_folder, "cache");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_file_holds_each_image_as_it_decodes_by_itself_in_the_order_of_the_names()
    {
        var names = WritePhotos();
        foreach (var path in new[] { Photos, Zip() })
        {
            var data = Load(path);
            Assert.Equal(["a", "b", "é \"c\""], data.Labels);
            Assert.Equal((3, Side, Side, true), (data.Channels, data.Height, data.Width, data.MayFlip));
            foreach (var (split, part) in new[] { (data.Train, "train"), (data.Test, "test") })
            {
                var expected = names.Where(name => name.StartsWith(part + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
                Assert.Equal(expected.Select(name => data.Labels.ToList().IndexOf(name.Split('/')[1])), split.Classes);
                Assert.Equal(expected.SelectMany(name => ImageFiles.Load(Path.Combine(Photos, name), 3, Side, Side)), split.Pixels);
            }
        }
    }

    [Fact]
    public void The_file_is_a_safetensors_file_that_others_can_read()
    {
        WritePhotos();
        var data = Load(Photos);
        var file = SafetensorsReader.DecodeForeign(File.ReadAllBytes(StoreFile()));
        Assert.Equal("""["a","b","\u00E9 \u0022c\u0022"]""", file.Metadata["labels"]);
        var arrays = file.Entries.ToDictionary(entry => entry.Name);
        Assert.Equal(data.Train.Pixels, arrays["train.images"].Data.ToArray());
        Assert.Equal([data.Train.Count, 3, Side, Side], arrays["train.images"].Shape);
        Assert.Equal(data.Test.Pixels, arrays["test.images"].Data.ToArray());
        Assert.Equal(data.Test.Classes, MemoryMarshal.Cast<byte, int>(arrays["test.classes"].Data.Span).ToArray());
        Assert.Equal(data.Train.Classes, MemoryMarshal.Cast<byte, int>(arrays["train.classes"].Data.Span).ToArray());
    }

    [Fact]
    public void Training_from_the_file_is_training_from_memory_to_the_last_bit()
    {
        WritePhotos(each: 20);
        var declaration = Declared(Photos) with { Validation = 9, Train = 50, Seed = 5 };
        var memory = Datasets.Load(declaration, CancellationToken.None);
        var mapped = Datasets.Load(declaration, new ImageCache(Cache, "content"), CancellationToken.None);
        Assert.Equal((41, 9), (mapped.Train.Count, mapped.Test.Count));
        Assert.Equal(memory.Test.Pixels, mapped.Test.Pixels);
        Assert.Equal(memory.Test.Classes, mapped.Test.Classes);
        var request = TrainingFixture.Request(epochs: 2);
        var (fromMemory, fromFile) = (TrainingFixture.Run(request with { Data = memory }), TrainingFixture.Run(request with { Data = mapped }));
        Assert.Equal(fromMemory.Numbers, fromFile.Numbers);
        Assert.Equal((fromMemory.Loss, fromMemory.Accuracy, fromMemory.Penalty), (fromFile.Loss, fromFile.Accuracy, fromFile.Penalty));
    }

    [Fact]
    public void What_was_decoded_once_is_not_decoded_again()
    {
        var names = WritePhotos();
        var first = Load(Photos);
        foreach (var name in names)
        {
            // As long and as old as before, and no image.
            var path = Path.Combine(Photos, name);
            var (length, time) = (new FileInfo(path).Length, File.GetLastWriteTimeUtc(path));
            File.WriteAllBytes(path, new byte[length]);
            File.SetLastWriteTimeUtc(path, time);
        }

        Assert.Equal(first.Train.Pixels, Load(Photos).Train.Pixels);
        Assert.Equal("DQ2002", Code(() => Load(Photos, "other content")));
    }

    [Fact]
    public void Another_content_another_choice_and_newer_files_are_not_taken_from_the_same_file()
    {
        var names = WritePhotos();
        var before = Load(Photos).Train.Pixels;
        foreach (var declaration in new[] { Declared(Photos) with { Size = 4 }, Declared(Photos) with { Train = 4 }, Declared(Photos) with { Train = 4, Seed = 9 }, Declared(Photos) with { Test = 3 } })
        {
            var expected = Datasets.Load(declaration, CancellationToken.None);
            var mapped = Datasets.Load(declaration, new ImageCache(Cache, "content"), CancellationToken.None);
            Assert.Equal((expected.Height, expected.Width), (mapped.Height, mapped.Width));
            Assert.Equal(expected.Train.Pixels, mapped.Train.Pixels);
            Assert.Equal(expected.Test.Pixels, mapped.Test.Pixels);
        }

        // A change between the planning of a build and its work: the content is said to be the old one.
        Write(names[0], seed: 999, 11, 13);
        File.SetLastWriteTimeUtc(Path.Combine(Photos, names[0]), DateTime.UtcNow.AddSeconds(5));
        var after = Load(Photos).Train.Pixels;
        Assert.NotEqual(before, after);
        Assert.Equal(Datasets.Load(Declared(Photos), CancellationToken.None).Train.Pixels, after);
    }

    [Fact]
    public void Any_damage_is_noticed_and_mended()
    {
        WritePhotos();
        var expected = Load(Photos);
        var path = StoreFile();
        var sound = File.ReadAllBytes(path);
        // Every part of the file, and every bit of the first and the last byte of the images.
        var flips = Enumerable.Range(0, 60).Select(i => (At: i * (sound.Length - 1) / 59, Bit: i % 8)).Concat(Enumerable.Range(0, 8).SelectMany(bit => new[] { (At: sound.Length - 1, Bit: bit), (At: sound.Length - ((expected.Train.Count + expected.Test.Count) * ImageBytes), Bit: bit) }));
        var damaged = flips.Select(flip =>
        {
            var bytes = sound.ToArray();
            bytes[flip.At] ^= (byte)(1 << flip.Bit);
            return bytes;
        }).Concat([Labelled(sound, "null"), Labelled(sound, "\"null\""), Labelled(sound, "\"[null]\""), [], sound[..7], sound[..8], sound[..100], sound[..^1], [.. sound, 0], sound[..^ImageBytes]]);
        foreach (var bytes in damaged)
        {
            _warnings.Clear();
            // Written beside: the old bytes are mapped, and a mapped file must not be cut short.
            File.WriteAllBytes(path + ".new", bytes);
            File.Move(path + ".new", path, overwrite: true);
            var mended = Load(Photos);
            Assert.Equal("DQ6001", Assert.Single(_warnings).Code);
            Assert.Equal(expected.Train.Pixels, mended.Train.Pixels);
            Assert.Equal(sound, File.ReadAllBytes(path));
        }

        _warnings.Clear();
        Load(Photos);
        Assert.Empty(_warnings);
    }

    /// <summary>The file with another text in the place of its labels, as long as it was.</summary>
    private static byte[] Labelled(byte[] sound, string labels)
    {
        var header = Encoding.Latin1.GetString(sound);
        var start = header.IndexOf("\"labels\":", StringComparison.Ordinal) + "\"labels\":".Length;
        var end = header.IndexOf(",\"xxh128\"", StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(header[..start] + labels.PadRight(end - start) + header[end..]);
    }

    [Fact]
    public void Damaged_images_are_told_as_without_a_cache_and_leave_nothing_behind()
    {
        WritePhotos();
        for (var i = 0; i < 12; i++)
            File.WriteAllText(Path.Combine(Photos, $"train/b/bad{i}.png"), "no image");
        var expected = Assert.Throws<DqException>(() => Datasets.Load(Declared(Photos), CancellationToken.None)).Diagnostics;
        Assert.Equal(11, expected.Count);
        Assert.Equal(expected, Assert.Throws<DqException>(() => Load(Photos)).Diagnostics);
        Assert.Empty(Directory.GetFiles(Cache, "*.safetensors*"));
    }

    [Fact]
    public void Many_at_once_make_one_file_and_all_read_the_same()
    {
        WritePhotos(each: 10);
        var expected = Datasets.Load(Declared(Photos), CancellationToken.None).Train.Pixels;
        // What a killed worker left is swept by whoever makes the next.
        Directory.CreateDirectory(Cache);
        File.WriteAllText(Path.Combine(Cache, "x.safetensors" + AtomicFile.TemporaryMark + "1"), "");
        using var start = new Barrier(6);
        var threads = Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            return Load(Photos).Train.Pixels;
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Assert.All(threads, thread => Assert.Equal(expected, thread.GetAwaiter().GetResult()));
        Assert.Single(Directory.GetFiles(Cache, "*.safetensors*"));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Whoever_waits_for_another_that_decodes_can_be_stopped()
    {
        WritePhotos();
        Directory.CreateDirectory(Cache);
        using var held = ExclusiveFile.TryOpen(Path.Combine(Cache, "making.lock"));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => Datasets.Load(Declared(Photos), new ImageCache(Cache, "content"), stop.Token));
        Assert.Empty(Directory.GetFiles(Cache, "*.safetensors*"));
    }

    [Fact]
    public void A_full_disk_has_its_code()
    {
        WritePhotos();
        Directory.CreateDirectory(Cache);
        var isMounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=64k", "dq-test", Cache);
        _ = Testing.RealData.Require(isMounted ? "tmpfs" : null, "the right to mount a small disk");
        try
        {
            var failure = Assert.Throws<DqException>(() => Datasets.Load(Declared(Photos) with { Size = 128 }, new ImageCache(Cache, "content"), CancellationToken.None)).Diagnostics;
            Assert.Equal("DQ6004", Assert.Single(failure).Code);
            Assert.Contains("the disk was full", failure[0].Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(Cache, "*.safetensors*"));
        }
        finally
        {
            Run("umount", "-l", Cache);
        }
    }

    [Fact]
    public void Pages_that_were_read_are_let_go_of_and_their_bytes_stay_the_same()
    {
        const int length = 64 << 20;
        const int piece = 12_288;
        var path = Path.Combine(_folder, "large");
        var bytes = new byte[length];
        new Random(3).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        using var file = File.OpenRead(path);
        var (whole, bounded) = (new ImageMap(file), new ImageMap(file, held: 4 << 20));
        foreach (var map in new[] { whole, bounded })
        {
            for (var at = 0; at + piece <= length; at += piece)
                Assert.True(map.Bytes(at, piece).SequenceEqual(bytes.AsSpan(at, piece)));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => bounded.Bytes(length - piece + 1, piece).Length);
        if (!OperatingSystem.IsLinux())
            return;
        // What the system says is in memory of each of the two maps of the file: all of one, a small part of the other.
        var resident = Resident(path);
        Assert.Equal(2, resident.Count);
        Assert.InRange(resident.Max(), length * 3L / 4, length);
        Assert.InRange(resident.Min(), 0, 8 << 20);
    }

    /// <summary>Bytes of each map of a file that are in memory, by the system's own account.</summary>
    private static List<long> Resident(string path)
    {
        var found = new List<long>();
        var isOurs = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Split(' ')[0].Contains('-', StringComparison.Ordinal))
                isOurs = line.EndsWith(path, StringComparison.Ordinal);
            else if (isOurs && line.StartsWith("Rss:", StringComparison.Ordinal))
                found.Add(1024 * long.Parse(line[4..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        }

        return found;
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string Code(Action action) => Assert.Throws<DqException>(action).Diagnostics[0].Code;

    private static ImageFolderDeclaration Declared(string path) => new() { Name = "photos", Path = path, Size = Side };

    private ImageDataset Load(string path, string content = "content")
    {
        void Warn(Diagnostic warning)
        {
            lock (_warnings)
                _warnings.Add(warning);
        }

        return Datasets.Load(Declared(path), new ImageCache(Cache, content) { OnWarning = Warn }, CancellationToken.None);
    }

    private string StoreFile() => Assert.Single(Directory.GetFiles(Cache, "*.safetensors"));

    /// <summary>Photographs of mixed sizes and kinds in three classes.</summary>
    private List<string> WritePhotos(int each = 4)
    {
        var names = new List<string>();
        foreach (var label in new[] { "b", "é \"c\"", "a" })
        {
            for (var i = 0; i < each; i++)
            {
                names.Add($"train/{label}/{i}.{(i % 2 == 0 ? "jpg" : "png")}");
                names.Add($"test/{label}/{i}.{(i % 3 == 0 ? "png" : "jpeg")}");
            }
        }

        for (var i = 0; i < names.Count; i++)
            Write(names[i], i, 9 + (7 * i % 30), 8 + (11 * i % 40));
        return names;
    }

    private void Write(string name, int seed, int width, int height)
    {
        var rgba = new byte[4 * width * height];
        new Random(seed).NextBytes(rgba);
        for (var i = 3; i < rgba.Length; i += 4)
            rgba[i] = 255;
        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
        using var data = image.Encode(name.EndsWith("png", StringComparison.Ordinal) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, 90);
        var path = Path.Combine(Photos, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, data.ToArray());
    }

    private string Zip()
    {
        var path = Path.Combine(_folder, "photos.zip");
        ZipFile.CreateFromDirectory(Photos, path);
        return path;
    }
}
