using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Data;

/// <summary>CIFAR-10 and idx files, whole and damaged.</summary>
public sealed class StoredDatasetTests : IDisposable
{
    private const int Record = 3073;
    private readonly string _folder = Directory.CreateTempSubdirectory("dq-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Cifar_records_are_a_class_and_three_planes()
    {
        WriteCifar(records: 4);
        var data = Datasets.Load(new Cifar10Declaration { Path = _folder });
        Assert.Equal((3, 32, 32, true), (data.Channels, data.Height, data.Width, data.MayFlip));
        Assert.Equal("airplane automobile bird cat deer dog frog horse ship truck", string.Join(' ', data.Labels));
        Assert.Equal((20, 4), (data.Train.Count, data.Test.Count));
        // Image 9 is record 1 of data_batch_3.
        var record = File.ReadAllBytes(At("data_batch_3.bin")).AsSpan(Record, Record);
        Assert.Equal(record[0], data.Train.Classes[9]);
        Assert.True(record[1..].SequenceEqual(data.Train.Image(9)));
    }

    [Fact]
    public void The_published_archive_reads_as_its_folder_does()
    {
        WriteCifar(records: 3);
        File.WriteAllLines(At("batches.meta.txt"), Enumerable.Range(0, 10).Select(i => $"class{i}").Append(""));
        var archive = Archive();
        var (folder, packed) = (Load(_folder), Load(archive));
        Assert.Equal(folder.Train.Pixels, packed.Train.Pixels);
        Assert.Equal(folder.Test.Classes, packed.Test.Classes);
        Assert.Equal("class3", packed.Labels[3]);
        Assert.Equal(folder.Labels, packed.Labels);
    }

    [Fact]
    public void A_truncated_record_is_named_with_its_file()
    {
        WriteCifar(records: 3);
        Cut("data_batch_2.bin", 3 * Record - 1);
        var error = Fails(DiagnosticCodes.DataCorrupt, new Cifar10Declaration { Path = _folder, Place = new SourcePlace("dq.json", 4, 9) });
        Assert.Contains("data_batch_2.bin", error.Message);
        Assert.Contains("9218 bytes", error.Message);
        Assert.StartsWith("dq.json(4,9): error DQ2002:", error.ToString());
    }

    [Fact]
    public void A_file_cut_between_two_records_is_noticed()
    {
        WriteCifar(records: 3);
        Cut("data_batch_4.bin", 2 * Record);
        Assert.Contains("data_batch_4.bin", Fails(DiagnosticCodes.DataCorrupt, new Cifar10Declaration { Path = _folder }).Message);
    }

    [Fact]
    public void A_class_beyond_nine_is_named_with_its_record()
    {
        WriteCifar(records: 3);
        Change("test_batch.bin", 2 * Record, 10);
        var message = Fails(DiagnosticCodes.DataCorrupt, new Cifar10Declaration { Path = _folder }).Message;
        Assert.Contains("test_batch.bin", message);
        Assert.Contains("record 2", message);
    }

    [Fact]
    public async Task A_batch_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        WriteCifar(records: 1);
        File.Delete(At("data_batch_2.bin"));
        NamedPipe.Make(At("data_batch_2.bin"));
        var error = await NamedPipe.ReadAsync(() => Fails(DiagnosticCodes.DataCorrupt, new Cifar10Declaration { Path = _folder }));
        Assert.Contains("data_batch_2.bin has 0 bytes: it is empty, or no ordinary file. Fetch the data again.", error.Message);
    }

    [Fact]
    public async Task Archives_and_idx_files_that_are_pipes_are_refused_too()
    {
        NamedPipe.Make(At("cifar.tar.gz"));
        NamedPipe.Make(At("train-images-idx3-ubyte.gz"));
        foreach (var declaration in (DatasetDeclaration[])[new Cifar10Declaration { Path = At("cifar.tar.gz") }, new IdxDeclaration { Path = _folder }])
        {
            var error = await NamedPipe.ReadAsync(() => Fails(DiagnosticCodes.DataCorrupt, declaration));
            Assert.Contains("no ordinary file", error.Message);
        }
    }

    [Fact]
    public void A_missing_batch_and_a_missing_folder_say_how_to_get_them()
    {
        Assert.Contains("dq data fetch cifar-10", Fails(DiagnosticCodes.DataMissing, new Cifar10Declaration { Path = At("none") }).Message);
        WriteCifar(records: 1);
        File.Delete(At("data_batch_5.bin"));
        Assert.Contains("data_batch_5.bin", Fails(DiagnosticCodes.DataMissing, new Cifar10Declaration { Path = _folder }).Message);
    }

    [Fact]
    public void An_archive_cut_anywhere_is_damaged_and_never_a_stack_trace()
    {
        WriteCifar(records: 1);
        var whole = File.ReadAllBytes(Archive());
        for (var length = 0; length < whole.Length - 1000; length += whole.Length / 12)
        {
            File.WriteAllBytes(At("cut.tar.gz"), whole[..length]);
            var error = Assert.Throws<DqException>(() => Load(At("cut.tar.gz")));
            Assert.Contains(error.Diagnostics[0].Code, (string[])[DiagnosticCodes.DataCorrupt, DiagnosticCodes.DataMissing]);
            Assert.Contains("cut.tar.gz", error.Diagnostics[0].Message);
        }
    }

    /// <summary>Each is a field of the first header, or several: what .NET's reader of .tar says to it is an overflow, a wrong argument, a wrong format or (of an extended header that long) a wrong operation.</summary>
    [Theory]
    [InlineData(124, "\u00ff\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080")]
    [InlineData(124, "\u0080\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData(124, "99999999999\0")]
    [InlineData(124, "77777777777\000000000000\0        x")]
    [InlineData(136, "\u0080\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    public void An_archive_whose_numbers_are_none_is_damaged_and_never_a_stack_trace(int at, string field)
    {
        WriteCifar(records: 1);
        using var tar = new MemoryStream();
        using (var archive = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in Directory.GetFiles(_folder, "*.bin").Order(StringComparer.Ordinal))
                archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"cifar-10-batches-bin/{Path.GetFileName(file)}") { DataStream = new MemoryStream(File.ReadAllBytes(file)) });
        }

        var bytes = tar.ToArray();
        Assert.Equal(5, Load(Packed("sound.tar.gz", bytes)).Train.Count);
        Encoding.Latin1.GetBytes(field).CopyTo(bytes, at);
        bytes.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(bytes.Take(512).Sum(one => one), 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, 148);
        var error = Assert.Throws<DqException>(() => Load(Packed("numbers.tar.gz", bytes)));
        Assert.Contains(error.Diagnostics[0].Code, (string[])[DiagnosticCodes.DataCorrupt, DiagnosticCodes.UnsafeArchive]);
    }

    [Fact]
    public void Limits_take_class_balanced_samples_and_refuse_more_than_there_is()
    {
        WriteCifar(records: 20);
        var data = Datasets.Load(new Cifar10Declaration { Path = _folder, Train = 30, Test = 10, Seed = 5 });
        Assert.All(Enumerable.Range(0, 10), c => Assert.Equal(3, data.Train.Classes.Count(x => x == c)));
        Assert.Equal(Enumerable.Range(0, 10), data.Test.Classes.Order());
        var all = Load(_folder).Train;
        var places = Sampling.ClassBalanced(all.Classes, 30, seed: 5);
        Assert.Equal(places.SelectMany(i => all.Image(i).ToArray()), data.Train.Pixels);
        Fails(DiagnosticCodes.DataUnfit, new Cifar10Declaration { Path = _folder, Train = 101 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Idx_images_stay_grey_in_their_size(bool packed)
    {
        byte[] trainLabels = [5, 1, 5, 9];
        WriteIdx("train", trainLabels, packed);
        WriteIdx("t10k", [9, 1], packed);
        var data = Datasets.Load(new IdxDeclaration { Path = _folder });
        Assert.Equal((1, 3, 2, false), (data.Channels, data.Height, data.Width, data.MayFlip));
        Assert.Equal(["1", "5", "9"], data.Labels);
        Assert.Equal([1, 0, 1, 2], data.Train.Classes);
        Assert.Equal([2, 0], data.Test.Classes);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)(i * 7)), data.Train.Pixels);
    }

    [Fact]
    public void Damaged_idx_files_are_named()
    {
        void Whole()
        {
            WriteIdx("train", [0, 1, 2], packed: false);
            WriteIdx("t10k", [0, 1], packed: false);
        }

        void Damaged(string file, Action damage, string code = DiagnosticCodes.DataCorrupt)
        {
            Whole();
            damage();
            var error = Fails(code, new IdxDeclaration { Path = _folder });
            Assert.Contains(file, error.Message);
        }

        const string images = "train-images-idx3-ubyte", labels = "t10k-labels-idx1-ubyte";
        Damaged(images, () => Cut(images, 20));
        Damaged(images, () => Cut(images, 7));
        Damaged(images, () => File.AppendAllText(At(images), "x"));
        Damaged(images, () => Change(images, 3, 1));
        Damaged(images, () => Change(images, 4, 0x7f)); // two thousand million images are promised
        Damaged(labels, () => Change(labels, 7, 3));
        Damaged(labels, () => Cut(labels, 9));
        Damaged(labels, () => File.Delete(At(labels)), DiagnosticCodes.DataMissing);
        Damaged("class 7", () => Change(labels, 9, 7), DiagnosticCodes.DataUnfit);
    }

    [Fact]
    public void More_tiny_images_than_can_be_held_with_their_labels_are_refused_before_memory_is_taken()
    {
        // What is behind the header is never unpacked: it only has to be long enough to hold 300 million pixels.
        var noise = new byte[1 << 19];
        new Random(5).NextBytes(noise);
        using (var file = new GZipStream(File.Create(At("train-images-idx3-ubyte.gz")), CompressionLevel.Fastest))
            file.Write([0, 0, 8, 3, 0x11, 0xE1, 0xA3, 0x00, 0, 0, 0, 1, 0, 0, 0, 1, .. noise]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("300000000 images of 1 bytes", Fails(DiagnosticCodes.DataUnfit, new IdxDeclaration { Path = _folder }).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Of_images_that_a_network_takes_all_are_let_through_that_an_array_holds()
    {
        const long longest = 0x7FFFFFC7;
        foreach (var imageBytes in (long[])[4 * 4, 28 * 28, 3 * 32 * 32, 3L * 16384 * 16384])
            Limit.CheckCount(longest / imageBytes, imageBytes, "images");
        Assert.Equal(DiagnosticCodes.DataUnfit, Assert.Throws<DqException>(() => Limit.CheckCount(longest / 3, 3, "images")).Diagnostics[0].Code);
    }

    [Fact]
    public void A_packed_idx_file_that_is_cut_or_no_gzip_is_named()
    {
        WriteIdx("train", [0, 1], packed: true);
        WriteIdx("t10k", [0, 1], packed: true);
        const string name = "train-images-idx3-ubyte.gz";
        var whole = File.ReadAllBytes(At(name));
        foreach (var damaged in (byte[][])[whole[..(whole.Length / 2)], [], [.. "no gzip at all"u8]])
        {
            File.WriteAllBytes(At(name), damaged);
            Assert.Contains(name, Fails(DiagnosticCodes.DataCorrupt, new IdxDeclaration { Path = _folder }).Message);
        }
    }

    private static Diagnostic Fails(string code, DatasetDeclaration declaration)
    {
        var diagnostic = Assert.Throws<DqException>(() => Datasets.Load(declaration)).Diagnostics[0];
        Assert.Equal(code, diagnostic.Code);
        return diagnostic;
    }

    private static ImageDataset Load(string path) => Datasets.Load(new Cifar10Declaration { Path = path });

    private string At(string name) => Path.Combine(_folder, name);

    private void Cut(string name, int length) => File.WriteAllBytes(At(name), File.ReadAllBytes(At(name))[..length]);

    private void Change(string name, int at, byte value)
    {
        var bytes = File.ReadAllBytes(At(name));
        bytes[at] = value;
        File.WriteAllBytes(At(name), bytes);
    }

    private void WriteCifar(int records)
    {
        var random = new Random(3);
        for (var file = 0; file < 6; file++)
        {
            var bytes = new byte[records * Record];
            random.NextBytes(bytes);
            for (var i = 0; i < records; i++)
                bytes[i * Record] = (byte)((i + file) % 10);
            File.WriteAllBytes(At(file == 5 ? "test_batch.bin" : $"data_batch_{file + 1}.bin"), bytes);
        }
    }

    private string Archive()
    {
        var inner = Directory.CreateDirectory(At("tar/cifar-10-batches-bin"));
        foreach (var file in Directory.GetFiles(_folder))
            File.Copy(file, Path.Combine(inner.FullName, Path.GetFileName(file)));
        using (var packed = new GZipStream(File.Create(At("cifar.tar.gz")), CompressionLevel.Fastest))
            TarFile.CreateFromDirectory(inner.FullName, packed, includeBaseDirectory: true);
        return At("cifar.tar.gz");
    }

    private string Packed(string name, byte[] tar)
    {
        using (var packed = new GZipStream(File.Create(At(name)), CompressionLevel.Fastest))
            packed.Write(tar);
        return At(name);
    }

    private void WriteIdx(string split, byte[] labels, bool packed)
    {
        Write($"{split}-images-idx3-ubyte", [0x803, labels.Length, 3, 2], [.. Enumerable.Range(0, labels.Length * 6).Select(i => (byte)(i * 7))]);
        Write($"{split}-labels-idx1-ubyte", [0x801, labels.Length], labels);

        void Write(string name, int[] header, byte[] content)
        {
            var bytes = new byte[4 * header.Length + content.Length];
            for (var i = 0; i < header.Length; i++)
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
            content.CopyTo(bytes, 4 * header.Length);
            using Stream file = packed ? new GZipStream(File.Create(At(name + ".gz")), CompressionLevel.Fastest) : File.Create(At(name));
            file.Write(bytes);
        }
    }
}
