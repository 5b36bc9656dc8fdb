using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>What a target needs to know to write its job.</summary>
/// <param name="Targets">The targets of the batch, at least one.</param>
/// <param name="Key">The key of the first.</param>
/// <param name="Threads">Processor threads.</param>
/// <param name="Device">Device kind.</param>
/// <param name="OutputFolder">The worker's own folder, for outputs.</param>
/// <param name="CheckpointFolder">The folder of the first target's checkpoints.</param>
/// <param name="Input">Finds a file of a target that the batch requires, and what it must hold.</param>
internal sealed record JobContext(
    IReadOnlyList<Target> Targets,
    string Key,
    int Threads,
    string Device,
    string OutputFolder,
    string CheckpointFolder,
    Func<Target, string, (string Path, TargetOutput Output)> Input)
{
    /// <summary>A model that the batch reads, as a job has it.</summary>
    public JobModel Model(ModelTarget model)
    {
        var (path, output) = Input(model, model.File);
        return new(model.Name, path, output.Sha256);
    }
}
