using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Workers;

/// <summary>The worker protocol as lines of JSON.</summary>
public static class WorkerJson
{
    /// <summary>The job as one line, without its end.</summary>
    public static string Write(WorkerJob job) => JsonSerializer.Serialize(job, WorkerJsonContext.Default.WorkerJob);

    /// <summary>The event as one line, without its end.</summary>
    public static string Write(WorkerEvent workerEvent) => JsonSerializer.Serialize(workerEvent, WorkerJsonContext.Default.WorkerEvent);

    /// <summary>Reads a job; throws <see cref="JsonException"/> where the line is none.</summary>
    public static WorkerJob ReadJob(string line) =>
        JsonSerializer.Deserialize(line, WorkerJsonContext.Default.WorkerJob) ?? throw new JsonException("a job, not null, is expected");

    /// <summary>Reads an event; null where the line is none, which is then text that a library printed.</summary>
    public static WorkerEvent? ReadEvent(string line)
    {
        if (!line.StartsWith('{'))
            return null;
        try
        {
            var bytes = Encoding.UTF8.GetBytes(line);
            var read = JsonSerializer.Deserialize(bytes, WorkerJsonContext.Default.WorkerEvent);
            return read is null || NullElements.Are(bytes) ? null : read;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}

// Nulls are written, so that what lacks is no event: a library may print a line of JSON too.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WorkerJob))]
[JsonSerializable(typeof(WorkerEvent))]
internal sealed partial class WorkerJsonContext : JsonSerializerContext;
