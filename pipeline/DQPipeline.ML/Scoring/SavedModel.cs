using System.Text.Json;
using System.Text.Json.Serialization;
using DQPipeline.Declarations;

namespace DQPipeline.ML.Scoring;

/// <summary>What a saved transformer holds, read with limits.</summary>
internal static class SavedModel
{
    /// <summary>Bytes of the largest model: that of the largest .onnx file.</summary>
    public const long LargestModel = 1L << 30;

    /// <summary>Bytes of the longest options.</summary>
    public const long LargestOptions = 1 << 16;

    private static readonly JsonSerializerOptions Strict = new() { MaxDepth = 4, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>All bytes of a stream that may hold as many as <paramref name="largest"/>.</summary>
    /// <exception cref="DqException">DQ5001: it holds more, or is damaged.</exception>
    public static byte[] ReadAll(Stream stream, string name, long largest)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                all.Write(buffer.AsSpan(0, read));
                if (all.Length > largest)
                    throw Unusable($"its {name} has more than {largest} bytes");
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Unusable($"its {name} is damaged: {e.Message}", e);
        }

        return all.ToArray();
    }

    /// <summary>The options that JSON holds.</summary>
    /// <exception cref="DqException">DQ5001: they are none.</exception>
    public static DefensiveQuantizationOptions Options(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<DefensiveQuantizationOptions>(json, Strict) ?? throw Unusable("its options are empty");
        }
        catch (JsonException e)
        {
            throw Unusable($"its options are damaged: {e.Message}", e);
        }
    }

    /// <summary>DQ5001 for a saved model.</summary>
    public static DqException Unusable(string why, Exception? inner = null) =>
        new(DiagnosticCodes.DeployedModelCorrupt, $"the saved model cannot be used: {why.TrimEnd('.')}. Save it again.", inner: inner);
}
