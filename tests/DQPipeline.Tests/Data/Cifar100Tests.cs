using System.Formats.Tar;
using System.IO.Compression;
using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>CIFAR-100's binary version, whole and damaged.</summary>
public sealed class Cifar100Tests : IDisposable
{
    private const int Record = 3074;
    private readonly string _folder = Directory.CreateTempSubdirectory("dq-cifar100-").FullName;

    public Cifar100Tests()
    {
        var random = new Random(4);
        foreach (var (name, records) in ((string, int)[])[("train.bin", 120), ("test.bin", 7)])
        {
            var bytes = new byte[records * Record];
            random.NextBytes(bytes);
            for (var i = 0; i < records; i++)
                (bytes[i * Record], bytes[i * Record + 1]) = ((byte)(i % 20), (byte)(i % 100));
            File.WriteAllBytes(At(name), bytes);
        }

        File.WriteAllLines(At("fine_label_names.txt"), Enumerable.Range(0, 100).Select(i => $"fine{i}").Append(""));
        File.WriteAllLines(At("coarse_label_names.txt"), Enumerable.Range(0, 20).Select(i => $"coarse{i}"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("fine", 1, 100)]
    [InlineData("coarse", 0, 20)]
    public void Records_are_a_coarse_label_a_fine_one_and_three_planes(string labels, int at, int classes)
    {
        var data = Load(labels);
        Assert.Equal((3, 32, 32, true, 120, 7), (data.Channels, data.Height, data.Width, data.MayFlip, data.Train.Count, data.Test.Count));
        Assert.Equal(Enumerable.Range(0, classes).Select(i => $"{labels}{i}"), data.Labels);
        var record = File.ReadAllBytes(At("train.bin")).AsSpan(111 * Record, Record);
        Assert.Equal(record[at], data.Train.Classes[111]);
        Assert.True(record[2..].SequenceEqual(data.Train.Image(111)));
    }

    [Fact]
    public void The_published_archive_reads_as_its_folder_does()
    {
        var inner = Directory.CreateDirectory(At("tar/cifar-100-binary"));
        foreach (var file in Directory.GetFiles(_folder))
            File.Copy(file, Path.Combine(inner.FullName, Path.GetFileName(file)));
        using (var packed = new GZipStream(File.Create(At("cifar.tar.gz")), CompressionLevel.Fastest))
            TarFile.CreateFromDirectory(inner.FullName, packed, includeBaseDirectory: true);
        var (folder, archive, around) = (Load("fine"), Load("fine", At("cifar.tar.gz")), Load("fine", At("tar")));
        Assert.Equal(folder.Train.Pixels, archive.Train.Pixels);
        Assert.Equal(folder.Test.Classes, archive.Test.Classes);
        Assert.Equal(folder.Labels, archive.Labels);
        Assert.Equal(folder.Test.Pixels, around.Test.Pixels);
    }

    [Fact]
    public void Damage_is_named_with_its_file()
    {
        var whole = File.ReadAllBytes(At("train.bin"));
        void Fails(string code, params string[] words)
        {
            var diagnostic = Assert.Throws<DqException>(() => Load("fine")).Diagnostics[0];
            Assert.Equal(code, diagnostic.Code);
            Assert.All(words, word => Assert.Contains(word, diagnostic.Message));
        }

        File.WriteAllBytes(At("train.bin"), whole[..^1]);
        Fails(DiagnosticCodes.DataCorrupt, "train.bin", $"{120 * Record - 1} bytes");
        File.WriteAllBytes(At("train.bin"), []);
        Fails(DiagnosticCodes.DataCorrupt, "train.bin", "0 bytes");
        var wrong = whole.ToArray();
        wrong[5 * Record + 1] = 100;
        File.WriteAllBytes(At("train.bin"), wrong);
        Fails(DiagnosticCodes.DataCorrupt, "train.bin", "record 5", "class 100", "0 to 99");
        Assert.Equal(120, Load("coarse").Train.Count);
        File.WriteAllBytes(At("train.bin"), whole);
        File.AppendAllText(At("fine_label_names.txt"), "fine0\n");
        Fails(DiagnosticCodes.DataCorrupt, "fine_label_names.txt", "100 different names");
        File.Delete(At("fine_label_names.txt"));
        Fails(DiagnosticCodes.DataMissing, "fine_label_names.txt", "dq data fetch cifar-100");
        File.Delete(At("test.bin"));
        Fails(DiagnosticCodes.DataMissing, "test.bin", "dq data fetch cifar-100");
    }

    private string At(string name) => Path.Combine(_folder, name);

    private ImageDataset Load(string labels, string? path = null) => Datasets.Load(new Cifar100Declaration { Path = path ?? _folder, Labels = labels });
}
