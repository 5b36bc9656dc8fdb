using System.IO.Compression;
using DQPipeline.Declarations;
using DQPipeline.ML;
using DQPipeline.ML.Packaging;

namespace DQPipeline.Fuzz.Targets;

/// <summary>Packages: archives with bytes changed, and archives whose entries were changed and packed again. What is read out of one goes on to the reader of models.</summary>
internal sealed class ZipTarget : Target
{
    private readonly OnnxTarget models = new();
    private readonly byte[][] files = [.. OnnxTarget.Files()];

    public override string Name => "zip";

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DeployedModelCorrupt };

    public override IEnumerable<byte[]> Seeds => [Package()];

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        if (random.Next(2) == 0)
            return Mutation.Of(file, random, other: other);
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var entries = random.Next(6); entries >= 0; entries--)
            {
                string[] names = ["Model.onnx", "TransformerChain/Model.onnx", "../../Model.onnx", "/etc/Model.onnx", "a\0b/Model.onnx", "Options.json", "x"];
                using var entry = archive.CreateEntry(names[random.Next(names.Length)], random.Next(2) == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression).Open();
                entry.Write(random.Next(8) == 0 ? new byte[1 << random.Next(25)] : models.Next(Pick(random), Pick(random), random));
            }
        }

        return random.Next(3) == 0 ? Mutation.Of(bytes.ToArray(), random) : bytes.ToArray();
    }

    public override bool Show(byte[] file, string path) => models.Show(ModelPackage.ReadModel(path), path);

    private byte[] Pick(Random random) => files[random.Next(files.Length)];

    private static byte[] Package()
    {
        var path = Path.Combine(Path.GetTempPath(), $"dq-fuzz-{Environment.ProcessId}.zip");
        ModelPackage.Write(path, OnnxTarget.Files().First(), new DefensiveQuantizationOptions());
        var file = File.ReadAllBytes(path);
        File.Delete(path);
        return file;
    }
}
