using System.Security.Cryptography;
using Google.Protobuf;

namespace DQPipeline.Onnx.Format;

/// <summary>
/// The bytes of an .onnx file of ours. Its metadata are the last field, sorted by key, and behind them stands the SHA-256 of all bytes before it, so that any change of a bit
/// is noticed. The same model always gives the same bytes.
/// </summary>
internal static class ModelBytes
{
    /// <summary>The metadata key of the checksum.</summary>
    public const string ChecksumKey = "sha256";

    /// <summary>The file of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">Words about the model.</param>
    public static byte[] Of(GraphProto graph, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto { IrVersion = GraphWriter.IrVersion, ProducerName = "DQPipeline", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = GraphWriter.Opset });
        foreach (var (key, value) in metadata.OrderBy(word => word.Key, StringComparer.Ordinal))
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        var body = model.ToByteArray();
        return [.. body, .. Seal(body)];
    }

    /// <summary>What stands behind the body: a model of nothing but the checksum, which a reader merges with it.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> body)
    {
        var seal = new ModelProto();
        seal.MetadataProps.Add(new StringStringEntryProto { Key = ChecksumKey, Value = Convert.ToHexString(SHA256.HashData(body)).ToLowerInvariant() });
        return seal.ToByteArray();
    }

    /// <summary>Whether bytes have the form of a seal, whatever the checksum.</summary>
    public static bool IsSeal(ReadOnlySpan<byte> bytes)
    {
        const int digits = 2 * SHA256.HashSizeInBytes;
        var seal = Seal([]);
        return bytes.Length == seal.Length && bytes[..^digits].SequenceEqual(seal.AsSpan(0, seal.Length - digits));
    }
}
