using System.Text.Json;
using System.Text.Json.Serialization;

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
            return JsonSerializer.Deserialize(line, WorkerJsonContext.Default.WorkerEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(WorkerJob))]
[JsonSerializable(typeof(WorkerEvent))]
internal sealed partial class WorkerJsonContext : JsonSerializerContext;
