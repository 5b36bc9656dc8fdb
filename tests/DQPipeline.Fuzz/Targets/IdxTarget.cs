using System.Buffers.Binary;
using System.IO.Compression;
using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz.Targets;

/// <summary>idx files of images and labels, here one behind the other with the length of the first before them, and before that a byte that says whether they are packed.</summary>
internal sealed class IdxTarget : Target, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-fuzz-idx-");

    public override string Name => "idx";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(0), Make(1)];

    public override IReadOnlyList<byte[]> Words { get; } = [[0, 0, 8, 3], [0, 0, 8, 1], [0, 0, 0, 2], [0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 64, 0], [0, 0, 64, 1], [127, 255, 255, 255]];

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.DataMissing, DiagnosticCodes.DataUnfit, DiagnosticCodes.ImageSize };

    public void Dispose() => _folder.Delete(recursive: true);

    public override bool Show(byte[] file, string path)
    {
        if (file.Length < 3)
            return false;
        var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(1)), file.Length - 3);
        foreach (var split in (string[])["train", "t10k"])
        {
            Write($"{split}-images-idx3-ubyte", file[0], file.AsSpan(3, length));
            Write($"{split}-labels-idx1-ubyte", file[0], file.AsSpan(3 + length));
        }

        var data = Datasets.Load(new IdxDeclaration { Path = _folder.FullName });
        Demand(data.Train.Count == data.Train.Classes.Length, "images without classes");
        return true;
    }

    private void Write(string name, byte packed, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.Delete(path);
        File.Delete(path + ".gz");
        using Stream file = packed % 2 == 0 ? File.Create(path) : new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest);
        file.Write(content);
    }

    private static byte[] Make(byte packed) => [packed, 16 + 12, 0, 0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 8, 1, 0, 0, 0, 3, 7, 1, 7];
}
