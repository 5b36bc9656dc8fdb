using System.IO.Compression;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Imaging;
using DQPipeline.Testing;
using SkiaSharp;

namespace DQPipeline.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dq-images-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Classes_and_images_are_in_ordinal_order_and_pixels_in_planes()
    {
        // Written in another order than they are read; 'Z' sorts before 'a'.
        Write(Small(2), "train/a/2.png", "train/a/10.PNG", "train/Zebra/x.png", "test/a/t.png", "train/a/readme.txt", "train/.DS_Store");
        var data = Load(_folder);
        Assert.Equal(["Zebra", "a"], data.Labels);
        Assert.Equal([0, 1, 1], data.Train.Classes);
        Assert.Equal([1], data.Test.Classes);
        Assert.Equal((3, 2, 3), (data.Channels, data.Height, data.Width));
        // By the names, each picture has its own bytes: ordinal order has 10 before 2.
        Assert.Equal(Planes("train/a/10.PNG"), data.Train.Image(1).ToArray());
        Assert.Equal(Planes("train/a/2.png"), data.Train.Image(2).ToArray());
    }

    [Fact]
    public void A_zip_with_or_without_one_folder_around_reads_as_the_folder_does()
    {
        Write(Small(2), "train/a/1.png", "train/a/2.png", "train/b/1.png", "test/a/1.png", "test/b/9.png");
        var folder = Load(_folder);
        foreach (var prefix in (string[])["", "wrapped/"])
        {
            var zip = Load(Zip($"{prefix.Length}.zip", prefix));
            Assert.Equal(folder.Train.Pixels, zip.Train.Pixels);
            Assert.Equal(folder.Train.Classes, zip.Train.Classes);
            Assert.Equal(folder.Test.Pixels, zip.Test.Pixels);
            Assert.Equal(folder.Labels, zip.Labels);
        }
    }

    [Fact]
    public void A_share_of_each_class_is_tested_on_where_no_folders_tell_and_images_that_are_added_move_no_other()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"{i}.png")];
        Write(Small(2), [.. names.Select(name => $"a/{name}"), .. names.Take(10).Select(name => $"b/{name}"), "b/readme.txt"]);
        var data = Datasets.Load(new ImageFolderDeclaration { Name = "photos", Path = _folder, TestShare = 0.2 }, CancellationToken.None);
        Assert.Equal(["a", "b"], data.Labels);
        Assert.Equal((16, 8, 4, 2), (data.Train.Classes.Count(k => k == 0), data.Train.Classes.Count(k => k == 1), data.Test.Classes.Count(k => k == 0), data.Test.Classes.Count(k => k == 1)));
        // By the definition: the first fifth by the SHA-256 of the names.
        var first = names.OrderBy(name => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))), StringComparer.Ordinal).Take(4).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(first.Select(name => Planes($"a/{name}")), Enumerable.Range(0, 4).Select(i => data.Test.Image(i).ToArray()));

        string Refused() => Assert.Throws<DqException>(() => Datasets.Load(new ImageFolderDeclaration { Name = "photos", Path = _folder, TestShare = 0.2 }, CancellationToken.None)).Diagnostics[0].ToString();
        Write(Small(2), "a/deep/x.png");
        Assert.Contains("a/deep/x.png must stand directly in a folder of its class", Refused(), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_folder, "a", "deep"), recursive: true);
        Write(Small(2), "c/1.png");
        Assert.Contains("the class 'c' has one image", Refused(), StringComparison.Ordinal);
        Write(Small(2), "train/a/1.png");
        Assert.Contains("\"testShare\" is nothing to decide", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Grey_becomes_rgb_and_transparency_lies_on_black()
    {
        Write(_ => Png(2, 1, SKColorType.Gray8, SKAlphaType.Opaque, [90, 200]), "train/a/grey.png");
        Write(_ => Png(2, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul, [255, 100, 0, 128, 9, 8, 7, 0]), "train/b/clear.png", "test/b/clear.png");
        var data = Load(_folder);
        Assert.Equal([90, 200, 90, 200, 90, 200], data.Train.Image(0).ToArray());
        // 128/255 of each colour: 128, 50.2 and 0; and nothing of the second pixel.
        Assert.Equal([128, 0, 50, 0, 0, 0], data.Train.Image(1).ToArray());
    }

    [Fact]
    public void Damaged_images_are_all_named_in_a_folder_and_in_a_zip()
    {
        Write(Small(2), "train/a/1.png", "train/a/2.png", "train/b/1.png", "test/b/1.png");
        File.WriteAllText(Path.Combine(_folder, "train/a/broken.jpg"), "this is no image");
        var jpeg = Jpeg(3, 2);
        File.WriteAllBytes(Path.Combine(_folder, "train/b/cut.jpg"), jpeg[..(jpeg.Length / 2)]);
        foreach (var path in (string[])[_folder, Zip("damaged.zip")])
        {
            var error = Assert.Throws<DqException>(() => Load(path));
            Assert.Equal(2, error.Diagnostics.Count);
            Assert.All(error.Diagnostics, d => Assert.Equal(DiagnosticCodes.DataCorrupt, d.Code));
            Assert.Contains("train/a/broken.jpg", error.Diagnostics[0].Message);
            Assert.Contains("train/b/cut.jpg", error.Diagnostics[1].Message);
        }
    }

    [Fact]
    public void Another_size_is_refused_by_name_and_taken_where_resizing_is_asked_for()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        Write(Small(7), "train/b/large.png");
        var refused = Fails(DiagnosticCodes.ImageSize, _folder);
        Assert.Contains("large.png has 8×7", refused.Message);
        Assert.Contains("1.png has 3×2", refused.Message);
        var data = Datasets.Load(new ImageFolderDeclaration { Path = _folder, Size = 5 });
        Assert.Equal((5, 5, 3), (data.Height, data.Width, data.Train.Count));
    }

    [Fact]
    public void Resizing_is_the_antialiased_cubic_filter_evaluated_in_two_dimensions()
    {
        const int from = 23, to = 6;
        var random = new Random(4);
        var rgba = new byte[4 * from * 17];
        random.NextBytes(rgba);
        foreach (var (width, height) in ((int, int)[])[(to, to), (40, 9), (23, 17)])
        {
            var planes = new byte[3 * width * height];
            Resampler.Resize(rgba, from, 17, planes, width, height);
            for (var c = 0; c < 3; c++)
                for (var y = 0; y < height; y++)
                    for (var x = 0; x < width; x++)
                    {
                        double sum = 0, all = 0;
                        for (var v = 0; v < 17; v++)
                            for (var u = 0; u < from; u++)
                            {
                                var weight = Keys(u, x, from, width) * Keys(v, y, 17, height);
                                all += weight;
                                sum += weight * rgba[4 * (v * from + u) + c];
                            }

                        // Half a level of rounding, and what float adds to it.
                        Assert.InRange(planes[(c * height + y) * width + x] - Math.Clamp(sum / all, 0, 255), -0.501, 0.501);
                    }
        }

        static double Keys(int input, int output, int inputs, int outputs)
        {
            var scale = (double)inputs / outputs;
            var t = Math.Abs((input + 0.5) - (output + 0.5) * scale) / Math.Max(1, scale);
            // Keys (1981), equation 4 with a = -1/2, in powers of t.
            return t <= 1 ? 1.5 * Math.Pow(t, 3) - 2.5 * Math.Pow(t, 2) + 1 : t <= 2 ? -0.5 * Math.Pow(t, 3) + 2.5 * Math.Pow(t, 2) - 4 * t + 2 : 0;
        }
    }

    [Theory]
    [InlineData("../train/a/1.png")]
    [InlineData("train/../../a/1.png")]
    [InlineData("/train/a/1.png")]
    [InlineData("C:/train/a/1.png")]
    [InlineData("train\\..\\..\\x.png")]
    public void An_entry_that_points_out_of_its_archive_is_refused(string entry)
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        var path = Zip("unsafe.zip");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
            archive.CreateEntry(entry);
        Assert.Contains(entry, Fails(DiagnosticCodes.UnsafeArchive, path).Message);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("./.")]
    public void An_entry_that_is_the_archives_own_folder_is_passed_over(string entry)
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        var path = Zip("dot.zip");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
            archive.CreateEntry(entry);
        Assert.Equal(Load(_folder).Train.Pixels, Load(path).Train.Pixels);
    }

    [Fact]
    public async Task What_is_no_ordinary_file_is_refused_by_name_and_not_waited_for()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        NamedPipe.Make(Path.Combine(_folder, "train/b/pipe.jpg"));
        File.WriteAllBytes(Path.Combine(_folder, "train/b/empty.jpg"), []);
        File.CreateSymbolicLink(Path.Combine(_folder, "train/b/null.png"), "/dev/null");
        File.CreateSymbolicLink(Path.Combine(_folder, "train/b/link.jpg"), "pipe.jpg");
        var error = await NamedPipe.ReadAsync(() => Assert.Throws<DqException>(() => Load(_folder)));
        string[] names = ["empty.jpg", "link.jpg", "null.png", "pipe.jpg"];
        Assert.Equal(names, error.Diagnostics.Select(diagnostic => Path.GetFileName(diagnostic.Message.Split(' ')[0])));
        Assert.All(error.Diagnostics, diagnostic => Assert.Equal(DiagnosticCodes.DataCorrupt, diagnostic.Code));
        Assert.All(error.Diagnostics, diagnostic => Assert.EndsWith(" has 0 bytes: it is empty, or no ordinary file. Replace the image, or remove it.", diagnostic.Message));

        var archive = Path.Combine(_folder, "photos.zip");
        NamedPipe.Make(archive);
        Assert.Contains("no ordinary file", (await NamedPipe.ReadAsync(() => Fails(DiagnosticCodes.DataCorrupt, archive))).Message);
    }

    /// <summary>A link's own length is that of its text, and ".." in one behind a linked folder is another than it reads.</summary>
    [Fact]
    public void Links_to_images_are_read_as_the_images()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the right to make links");
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png", "elsewhere/photo.png");
        File.CreateSymbolicLink(Path.Combine(_folder, "train/a/2.png"), Path.Combine(_folder, "elsewhere/photo.png"));
        File.CreateSymbolicLink(Path.Combine(_folder, "train/a/3.png"), "2.png");
        Directory.CreateDirectory(Path.Combine(_folder, "elsewhere/c"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "train/c"), Path.Combine(_folder, "elsewhere/c"));
        File.CreateSymbolicLink(Path.Combine(_folder, "elsewhere/c/1.png"), "../photo.png");
        var train = Load(_folder).Train;
        Assert.Equal([0, 0, 0, 1, 2], train.Classes);
        var photo = Planes("elsewhere/photo.png");
        Assert.All((int[])[1, 2, 4], image => Assert.Equal(photo, train.Image(image).ToArray()));
    }

    [Fact]
    public void A_file_is_read_as_long_as_it_was_when_it_was_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "files that are written while others read them");
        var path = Path.Combine(_folder, "photo.jpg");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Equal([1, 2, 3], OrdinaryFile.Read(path, "Mend it.", _ => File.AppendAllText(path, "more")));
        var error = Assert.Throws<DqException>(() => OrdinaryFile.Read(path, "Mend it.", _ => File.WriteAllBytes(path, [1]))).Diagnostics[0];
        Assert.Equal(DiagnosticCodes.DataCorrupt, error.Code);
        Assert.Equal($"{path} ended after 1 of 7 bytes: it was changed, or is no ordinary file. Mend it.", error.Message);
    }

    [Fact]
    public void An_entry_that_would_unpack_to_gigabytes_is_refused()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        var path = Zip("bomb.zip");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using var stream = archive.CreateEntry("train/a/bomb.png").Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 65; i++)
                stream.Write(zeros);
        }

        Assert.True(new FileInfo(path).Length < 1 << 20);
        Assert.Contains("bomb.png", Fails(DiagnosticCodes.UnsafeArchive, path).Message);
    }

    [Fact]
    public void An_image_that_declares_an_absurd_size_is_refused_before_memory_is_taken()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        // The header chunk of a PNG: 60,000 pixels a side, with its right checksum.
        var png = Small(2)(0);
        byte[] side = [0, 0, 0xEA, 0x60];
        side.CopyTo(png, 16);
        side.CopyTo(png, 20);
        var crc = System.IO.Hashing.Crc32.HashToUInt32(png.AsSpan(12, 17));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), crc);
        File.WriteAllBytes(Path.Combine(_folder, "train/b/huge.png"), png);
        var error = Assert.Throws<DqException>(() => Datasets.Load(new ImageFolderDeclaration { Path = _folder, Size = 8 })).Diagnostics[0];
        Assert.Equal(DiagnosticCodes.UnsafeArchive, error.Code);
        Assert.Contains("60000×60000", error.Message);
    }

    [Fact]
    public void A_flipped_bit_in_a_zip_is_noticed_by_its_checksum()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        var path = Zip("bits.zip", compression: CompressionLevel.NoCompression);
        var bytes = File.ReadAllBytes(path);
        // The last byte of the first entry, which is the end of a PNG that decoders do not look at.
        var end = bytes.AsSpan().IndexOf("IEND"u8) + 7;
        bytes[end] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("checksum", Fails(DiagnosticCodes.DataCorrupt, path).Message);
    }

    [Fact]
    public void A_class_without_images_is_unfit()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png");
        Directory.CreateDirectory(Path.Combine(_folder, "train/empty"));
        Assert.Contains("train/empty", Fails(DiagnosticCodes.DataUnfit, _folder).Message);
    }

    [Fact]
    public void A_test_class_that_training_lacks_and_a_single_class_are_unfit()
    {
        Write(Small(2), "train/a/1.png", "test/a/1.png");
        Assert.Contains("'a'", Fails(DiagnosticCodes.DataUnfit, _folder).Message);
        Write(Small(2), "train/b/1.png", "test/c/1.png");
        Assert.Contains("'c'", Fails(DiagnosticCodes.DataUnfit, _folder).Message);
    }

    [Fact]
    public void Images_beside_or_below_a_class_are_not_lost_in_silence()
    {
        Write(Small(2), "train/a/1.png", "train/b/1.png", "test/a/1.png", "train/a/deep/2.png");
        Assert.Contains("train/a/deep/2.png", Fails(DiagnosticCodes.DataUnfit, _folder).Message);
    }

    [Fact]
    public void Nothing_there_no_splits_and_no_zip_have_their_codes()
    {
        Fails(DiagnosticCodes.DataMissing, Path.Combine(_folder, "none"));
        Fails(DiagnosticCodes.DataMissing, _folder);
        var file = Path.Combine(_folder, "text.zip");
        File.WriteAllText(file, "this is no archive");
        Assert.Contains("text.zip", Fails(DiagnosticCodes.DataCorrupt, file).Message);
    }

    [Fact]
    public void Limits_decode_the_same_images_that_a_full_load_has()
    {
        Write(Small(2), [.. Enumerable.Range(0, 6).SelectMany(i => (string[])[$"train/a/{i}.png", $"train/b/{i}.png"]), "test/a/1.png"]);
        var all = Load(_folder).Train;
        var some = Datasets.Load(new ImageFolderDeclaration { Path = _folder, Train = 4, Seed = 3 }).Train;
        Assert.Equal(Sampling.ClassBalanced(all.Classes, 4, 3).SelectMany(i => all.Image(i).ToArray()), some.Pixels);
        Assert.Equal([0, 0, 1, 1], some.Classes);
    }

    private static Diagnostic Fails(string code, string path)
    {
        var diagnostic = Assert.Throws<DqException>(() => Load(path)).Diagnostics[0];
        Assert.Equal(code, diagnostic.Code);
        return diagnostic;
    }

    private static ImageDataset Load(string path) => Datasets.Load(new ImageFolderDeclaration { Path = path });

    private void Write(Func<int, byte[]> content, params string[] names)
    {
        foreach (var name in names)
        {
            var path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content(name.Sum(c => c)));
        }
    }

    /// <summary>The planes of a written picture, by its definition and not by a decoder.</summary>
    private static byte[] Planes(string name)
    {
        var rgba = Pixels(name.Sum(c => c), 3, 2);
        return [.. Enumerable.Range(0, 3).SelectMany(c => Enumerable.Range(0, 6).Select(i => rgba[4 * i + c]))];
    }

    private static Func<int, byte[]> Small(int height) => seed => Png(height + 1, height, SKColorType.Rgba8888, SKAlphaType.Opaque, Pixels(seed, height + 1, height));

    private static byte[] Pixels(int seed, int width, int height)
    {
        var rgba = new byte[4 * width * height];
        new Random(seed).NextBytes(rgba);
        for (var i = 3; i < rgba.Length; i += 4)
            rgba[i] = 255;
        return rgba;
    }

    private static byte[] Png(int width, int height, SKColorType colours, SKAlphaType alpha, byte[] pixels)
    {
        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, colours, alpha), pixels);
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Jpeg(int width, int height)
    {
        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), Pixels(1, width, height));
        using var data = image.Encode(SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }

    private string Zip(string name, string prefix = "", CompressionLevel compression = CompressionLevel.Fastest)
    {
        var path = Path.Combine(_folder, name);
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var file in Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".zip", StringComparison.Ordinal)).OrderDescending())
            archive.CreateEntryFromFile(file, prefix + Path.GetRelativePath(_folder, file).Replace('\\', '/'), compression);
        return path;
    }
}
