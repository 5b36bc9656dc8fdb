using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;

namespace DQPipeline.Fuzz.Targets;

/// <summary>Trained models: bytes changed, and headers changed as JSON with their length made right again.</summary>
internal sealed class SafetensorsTarget : Target
{
    public override string Name => "safetensors";

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.ModelCorrupt };

    public override IEnumerable<byte[]> Seeds => [Make()];

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var next = (random.Next(3) > 0 ? Header.Changed(file, header => JsonMutation.Of(header, random, s_words)) : null) ?? Mutation.Of(file, random, other: other);
        if (random.Next(8) > 0)
            Seal(next);
        return next;
    }

    public override bool Show(byte[] file, string path)
    {
        using var network = ModelFile.Load(path);
        return true;
    }

    private static readonly byte[] s_checksum = Encoding.ASCII.GetBytes($"{{\"__metadata__\":{{\"{SafetensorsFile.ChecksumKey}\":\"");

    private static readonly string[] s_words = ["", "vgg-16", "wrn-100-20", "wrn-9999999-9999", "3,1024,1024", "3,999999999,999999999", "16,16384,16384", "1,28000,28000", "conv 4096 7x7, conv 4096 7x7, linear", "[\"a\",null,\"b\"]", "-1", "1e400", "[]", JsonSerializer.Serialize(Enumerable.Repeat("a", 1000)), "relu1", "tanh", "9", "__metadata__", "shape", "dtype", "data_offsets", "F64", "I64", "conv1.weight", "sha256", "network"];

    /// <summary>Gives a file its right checksum again, as an attacker would.</summary>
    private static void Seal(byte[] file)
    {
        var at = file.AsSpan().IndexOf(s_checksum) + s_checksum.Length;
        if (at < s_checksum.Length || at + SafetensorsWriter.NoChecksum.Length > file.Length)
            return;
        var place = file.AsSpan(at, SafetensorsWriter.NoChecksum.Length);
        _ = Encoding.ASCII.GetBytes(SafetensorsWriter.NoChecksum, place);
        _ = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(file)), place);
    }

    private static byte[] Make()
    {
        NativeBackend.Load();
        var path = Path.Combine(Path.GetTempPath(), $"dq-fuzz-{Environment.ProcessId}.safetensors");
        var description = new NetworkDescription("wrn-10-1", new ActivationDeclaration { Bits = 4 }, 3, 16, 16, ["a", "b", "c"]);
        using var network = NetworkFactory.Create(description, seed: 1);
        ModelFile.Save(path, network, new TrainingProvenance("{}", "", "street-digits", 1, 1, 1, 0.5, "train/1", "2.10.0"));
        var file = File.ReadAllBytes(path);
        File.Delete(path);
        return file;
    }
}
