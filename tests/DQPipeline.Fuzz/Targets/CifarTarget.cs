using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz.Targets;

/// <summary>CIFAR-10 as it is published, both versions: what is changed is the .tar, which then is packed again, so that gzip's checksum does not keep everything away.</summary>
internal sealed class CifarTarget : Target
{
    public override string Name => "cifar";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(python: false), Make(python: true)];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "data_batch_1.bin", "data_batch_5.bin", "test_batch.bin", "batches.meta.txt", "data_batch_1", "test_batch", "batches.meta", "../", "ustar\0" + "00", "ustar  \0", "77777777777\0", "00000000000\0", "-0000000001\0", "path=a\n", "11 size=-1\n", "12 path=../x\n", "1", "5", "x", "g", "L", "S", "\0\0\0\0");

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.DataMissing, DiagnosticCodes.DataUnfit, DiagnosticCodes.UnsafeArchive };

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var next = base.Next(file, other, random);
        if (random.Next(3) > 0)
            Repair(next);
        return next;
    }

    public override bool Show(byte[] file, string path)
    {
        using (var packed = new GZipStream(File.Create(path), CompressionLevel.NoCompression))
            packed.Write(file);
        var data = Datasets.Load(new Cifar10Declaration { Path = path });
        Demand(data.Train.Count == data.Train.Classes.Length && data.Labels.Count == 10, "images without classes");
        return true;
    }

    /// <summary>Gives every header of a .tar its right checksum again: the sum of its bytes, those of the checksum taken as blanks.</summary>
    private static void Repair(byte[] tar)
    {
        for (var at = 0; at + 512 <= tar.Length; at += 512)
        {
            if (!tar.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
                continue;
            var header = tar.AsSpan(at, 512);
            header.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var one in header)
                sum += one;
            _ = Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header.Slice(148, 8));
        }
    }

    private static byte[] Make(bool python)
    {
        using var bytes = new MemoryStream();
        using (var archive = new TarWriter(bytes, python ? TarEntryFormat.Pax : TarEntryFormat.Ustar, leaveOpen: true))
        {
            var end = python ? "" : ".bin";
            foreach (var name in (string[])["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"])
                Add($"cifar-10/{name}{end}", python ? PickleTarget.Make() : [3, .. new byte[3072]]);
            if (!python)
                Add("cifar-10/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"u8.ToArray());

            void Add(string name, byte[] content)
            {
                TarEntry entry = python ? new PaxTarEntry(TarEntryType.RegularFile, name) : new UstarTarEntry(TarEntryType.RegularFile, name);
                entry.DataStream = new MemoryStream(content);
                archive.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }
}
