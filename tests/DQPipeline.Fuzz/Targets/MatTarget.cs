using DQPipeline.Data;
using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;
using DQPipeline.Tests.Data;

namespace DQPipeline.Fuzz.Targets;

/// <summary>MATLAB files, as SVHN comes in them: the same file as training and as test split.</summary>
internal sealed class MatTarget : Target, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-fuzz-svhn-");

    public override string Name => "mat";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(false, false), Make(true, false), Make(false, true), Make(true, true)];

    public override IReadOnlyList<byte[]> Words { get; } =
        [[14, 0, 0, 0], [15, 0, 0, 0], [6, 0, 0, 0, 8, 0, 0, 0], [5, 0, 0, 0, 16, 0, 0, 0], [1, 0, 1, 0, (byte)'X'], [1, 0, 1, 0, (byte)'y'], [9, 0, 0, 0], [17, 0, 0, 0], [255, 255, 255, 127], [0, 0, 0, 128], [0, 0, 240, 127], .. Pieces("IM", "MI", "X", "y")];

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.DataMissing, DiagnosticCodes.DataUnfit, DiagnosticCodes.ImageSize, DiagnosticCodes.UnsafeArchive };

    public void Dispose() => _folder.Delete(recursive: true);

    public override bool Show(byte[] file, string path)
    {
        foreach (var split in (string[])["train", "test"])
            File.WriteAllBytes(Path.Combine(_folder.FullName, $"{split}_32x32.mat"), file);
        var data = Datasets.Load(new SvhnDeclaration { Path = _folder.FullName });
        Demand(data.Train.Classes.All(one => one is >= 0 and < 10), "a class that is no digit");
        return true;
    }

    private static byte[] Make(bool compressed, bool bigEndian) => new MatWriter(bigEndian)
        .Add("X", MatClass.UInt8, [2, 3, 3, 4], MatType.UInt8, Enumerable.Range(0, 72).Select(i => (double)i), compressed)
        .Add("y", MatClass.Double, [4, 1], MatType.Double, [1, 2, 10, 2], compressed)
        .ToArray();
}
