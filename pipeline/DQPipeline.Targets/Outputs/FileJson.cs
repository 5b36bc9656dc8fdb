using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Outputs;

/// <summary>JSON of the data files that targets leave behind: indented, with '\n', numbers in shortest round-trip form, so that equal results are equal bytes.</summary>
public static class FileJson
{
    /// <summary>How the types of these files are written.</summary>
    public static FileJsonContext Context { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });

    /// <summary>A file's bytes.</summary>
    public static byte[] Write<T>(T content, JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(content, type), (byte)'\n'];

    /// <summary>JSON text as a part of a file.</summary>
    public static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>What a file holds; null where it is not here, or holds something else.</summary>
    public static T? TryRead<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var content = JsonSerializer.Deserialize(bytes, type);
            return content is null || NullElements.Are(bytes) ? null : content;
        }
        catch (Exception failure) when (failure is JsonException || AtomicFile.IsWriteFailure(failure))
        {
            return null;
        }
    }
}

/// <summary>The types of these files.</summary>
[JsonSerializable(typeof(CertificateContent))]
[JsonSerializable(typeof(DistanceContent))]
[JsonSerializable(typeof(PackageInfo))]
[JsonSerializable(typeof(SamplesContent))]
public sealed partial class FileJsonContext : JsonSerializerContext;
