using System.Text.Json;
using System.Text.Json.Serialization;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>A job that was submitted to Slurm, as its folder in <c>.dq/slurm</c> tells of it: whoever finds the folder can go on following the job.</summary>
public sealed class SubmittedJob
{
    private SubmittedJob(string folder, SubmissionRecord record, string? id)
    {
        (Folder, Record, Id) = (folder, record, id);
    }

    /// <summary>What its targets are called, say <c>train/dq</c>.</summary>
    public string Name => Record.Name;

    /// <summary>Slurm's id, say <c>12</c>, or <c>12_3</c> in an array; null where the front end died before it knew.</summary>
    public string? Id { get; private set; }

    /// <summary>The keys of the targets that it makes, by their ids.</summary>
    public IReadOnlyDictionary<string, string> Keys => Record.Keys;

    internal string Folder { get; }

    internal SubmissionRecord Record { get; }

    /// <summary>Names the submission within Slurm; a folder is called by it, and by its place where it is one of an array.</summary>
    internal string Token => Path.GetFileName(Folder).Split('-')[0];

    internal int Place => Path.GetFileName(Folder).Split('-') is [_, var place] ? int.Parse(place, System.Globalization.CultureInfo.InvariantCulture) : 0;

    internal string EventsPath => Path.Combine(Folder, "events.jsonl");

    /// <summary>What the job prints beside its events, and what Slurm adds.</summary>
    internal string PrintedPath => Path.Combine(Folder, PrintedName);

    internal const string JobName = "job.json";

    internal const string PrintedName = "printed.log";

    internal string OutputFolder => Path.Combine(Folder, "out");

    private string IdPath => Path.Combine(Folder, "id");

    /// <summary>The folder's job; null where it is none, or was written half.</summary>
    internal static SubmittedJob? Read(string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, "submission.json")), SubmissionJsonContext.Default.SubmissionRecord);
            var id = Path.Combine(folder, "id");
            return record is null ? null : new(folder, record, File.Exists(id) ? File.ReadAllText(id) : null);
        }
        catch (Exception e) when (e is JsonException || AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    /// <summary>Writes the folder of a job that is about to be submitted.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be written.</exception>
    internal static SubmittedJob Create(Workspace workspace, string folder, WorkerJob job)
    {
        var submitted = new SubmittedJob(folder, new(job.Name, job.Keys ?? new Dictionary<string, string>()), null);
        AtomicFile.CreateFolder(folder);
        AtomicFile.Write(Path.Combine(folder, JobName), System.Text.Encoding.UTF8.GetBytes(WorkerJson.Write(job with { OutputFolder = submitted.OutputFolder, LooksFrom = workspace.Folder }) + "\n"));
        // A network file system remembers for a minute that a name was not there: a short job would have come to its end unseen.
        AtomicFile.Write(submitted.EventsPath, []);
        AtomicFile.Write(submitted.PrintedPath, []);
        // The last, as it is what makes the folder one.
        AtomicFile.Write(Path.Combine(folder, "submission.json"), JsonSerializer.SerializeToUtf8Bytes(submitted.Record, SubmissionJsonContext.Default.SubmissionRecord));
        return submitted;
    }

    internal void Submitted(string id)
    {
        AtomicFile.Write(IdPath, System.Text.Encoding.UTF8.GetBytes(id));
        Id = id;
    }

    /// <summary>Whether it makes all that <paramref name="job"/> is to make, of the very same inputs.</summary>
    internal bool Makes(WorkerJob job) => job.Keys is { Count: > 0 } keys && keys.All(one => Record.Keys.TryGetValue(one.Key, out var key) && key == one.Value);

    /// <summary>Whether it makes something that <paramref name="job"/> is to make, of other inputs.</summary>
    internal bool Contradicts(WorkerJob job) => job.Keys is { } keys && keys.Any(one => Record.Keys.TryGetValue(one.Key, out var key) && key != one.Value);

    /// <summary>The id in what its worker's first start wrote, by which it is known that the job ran; null where it did not.</summary>
    internal string? IdOfStart()
    {
        var line = new GrowingFile(EventsPath).Lines().FirstOrDefault(line => line.StartsWith(SlurmScript.StartMark, StringComparison.Ordinal));
        return line?[SlurmScript.StartMark.Length..].Split(',')[0];
    }

    /// <summary>Whether its worker said that it is done, and was not begun anew since.</summary>
    internal bool IsDone()
    {
        var isDone = false;
        foreach (var line in new GrowingFile(EventsPath).Lines())
            isDone = !line.StartsWith(SlurmScript.StartMark, StringComparison.Ordinal) && (isDone || WorkerJson.ReadEvent(line) is DoneEvent);
        return isDone;
    }

    /// <summary>Whether it makes something that <paramref name="job"/> is to make, be it of other inputs.</summary>
    internal bool Overlaps(WorkerJob job) => job.Keys is { } keys && keys.Keys.Any(Record.Keys.ContainsKey);

    internal void Remove()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // A worker at its end may still hold a file; without this one the rest is nothing.
            AtomicFile.TryDelete(Path.Combine(Folder, "submission.json"));
        }
    }
}

/// <summary>What a submitted job makes.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Keys">The keys of its targets by their ids.</param>
internal sealed record SubmissionRecord(string Name, IReadOnlyDictionary<string, string> Keys);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SubmissionRecord))]
internal sealed partial class SubmissionJsonContext : JsonSerializerContext;
