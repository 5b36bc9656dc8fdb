using System.Text.Json;
using System.Text.Json.Serialization;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>How a build on Slurm was asked for, so that whoever comes after the front end's death can go on with it.</summary>
/// <param name="Select">What to build, as <c>dq build</c> takes it.</param>
/// <param name="Set">Values laid over dq.json.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Jobs">Jobs with Slurm at once, from 1.</param>
/// <param name="Locked">Whether dq.lock is not to be rewritten.</param>
/// <param name="Force">Whether targets are made that are up to date.</param>
public sealed record SlurmBuild(IReadOnlyList<string> Select, IReadOnlyList<string> Set, string Device, int Jobs, bool Locked, bool Force)
{
    private static string PathIn(Workspace workspace) => Path.Combine(workspace.SlurmFolder, "build.json");

    /// <summary>Notes it down in a workspace.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be written.</exception>
    public void Write(Workspace workspace)
    {
        workspace.EnsureDqFolder();
        AtomicFile.CreateFolder(workspace.SlurmFolder);
        AtomicFile.Write(PathIn(workspace), JsonSerializer.SerializeToUtf8Bytes(this, SlurmBuildJsonContext.Default.SlurmBuild));
    }

    /// <summary>The last one of a workspace; null where there was none, or its note is spoilt.</summary>
    public static SlurmBuild? Read(Workspace workspace)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(workspace)), SlurmBuildJsonContext.Default.SlurmBuild);
        }
        catch (Exception e) when (e is JsonException || AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    /// <summary>Forgets it where the build is done: while one of its jobs is with Slurm, someone may yet go on with it.</summary>
    public static void ForgetIfDone(Workspace workspace)
    {
        if (SubmittedJobs.In(workspace).All().Count == 0)
            AtomicFile.TryDelete(PathIn(workspace));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SlurmBuild))]
internal sealed partial class SlurmBuildJsonContext : JsonSerializerContext;
