using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Tool.Files;

/// <summary>JSON of the data files that targets leave behind: indented, with '\n', numbers in shortest round-trip form, so that equal results are equal bytes.</summary>
internal static class FileJson
{
    public static FileJsonContext Context { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static byte[] Write<T>(T content, JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(content, type), (byte)'\n'];

    public static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static T? TryRead<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception failure) when (failure is JsonException || AtomicFile.IsWriteFailure(failure))
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(CertificateContent))]
[JsonSerializable(typeof(DistanceContent))]
[JsonSerializable(typeof(PackageInfo))]
[JsonSerializable(typeof(SamplesContent))]
internal sealed partial class FileJsonContext : JsonSerializerContext;
