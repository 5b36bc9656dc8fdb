using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Training;

namespace DQPipeline.Fuzz.Targets;

/// <summary>Safetensors files of others, from which a training may start: no checksum stands before what is behind the header.</summary>
internal sealed class WeightsTarget : Target, IDisposable
{
    private static readonly string[] s_names = ["__metadata__", "dtype", "shape", "data_offsets", "F32", "F64", "F16", "BF16", "I64", "BOOL", "conv1.weight", "linear.bias", "x.num_batches_tracked"];

    private readonly Classifier _network;

    public WeightsTarget()
    {
        NativeBackend.Load();
        _network = NetworkFactory.Create(new NetworkDescription("wrn-10-1", new ActivationDeclaration(), 3, 16, 16, ["a", "b", "c"]), seed: 1);
    }

    public override string Name => "weights";

    public override IEnumerable<byte[]> Seeds => [Make("F32", 4), Make("F64", 8), Make("F16", 2), Make("BF16", 2)];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "\"F32\"", "\"F64\"", "\"F16\"", "\"BF16\"", "\"I64\"", "\"BOOL\"", "\"F8_E4M3\"", "\"shape\":[", "\"data_offsets\":[", "[0,0]", "[4,0]", "[-1,4]", "[0,18446744073709551615]", "9223372036854775807", "\"__metadata__\":{", "\"conv1.weight\":", "null", "\\ud800", "[[", "{", "}", ",");

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.Weights };

    public void Dispose() => _network.Dispose();

    public override byte[] Next(byte[] file, byte[] other, Random random) =>
        (random.Next(4) > 0 ? Header.Changed(file, header => random.Next(2) == 0 ? JsonMutation.Of(header, random, s_names) : Mutation.Of(header, random, Words)) : null) ?? base.Next(file, other, random);

    public override bool Show(byte[] file, string path)
    {
        InitialWeights.Fill(_network, new WeightsDeclaration { Path = path }, _ => { });
        return true;
    }

    private byte[] Make(string type, int size)
    {
        var header = new StringBuilder("{");
        var at = 0L;
        foreach (var (name, tensor) in _network.state_dict())
        {
            var bytes = tensor.numel() * size;
            _ = header.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(at == 0 ? "" : ",")}\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', tensor.shape)}],\"data_offsets\":[{at},{at + bytes}]}}");
            at += bytes;
        }

        var text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[at]];
    }
}
