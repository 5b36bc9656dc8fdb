using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Tests;

/// <summary>A worker on a cluster sees for itself that it has read what its keys were made of.</summary>
public sealed class WorkerLookTests : IDisposable
{
    private readonly Bench _bench = new();
    private readonly string _data;
    private readonly string _weights;

    public WorkerLookTests()
    {
        _data = _bench.UseStoredData();
        StoredDataTests.Fill(_data);
        _weights = Path.Combine(_bench.Folder, "weights.safetensors");
        File.WriteAllText(_weights, "one");
        _bench.ChangeModel("dq", model => model with { Weights = new() { Path = _weights } });
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task It_refuses_what_changed_since_it_was_submitted()
    {
        var job = await SubmittedAsync();
        WorkerLook.Check(job, default);

        File.WriteAllText(_weights, "two");
        Assert.Equal(DiagnosticCodes.Weights, Assert.Throws<DqException>(() => WorkerLook.Check(job, default)).Diagnostics[0].Code);
        File.WriteAllText(_weights, "one");
        WorkerLook.Check(job, default);

        var image = Path.Combine(_data, "train/0/a.png");
        var bytes = File.ReadAllBytes(image);
        File.WriteAllBytes(image, [.. bytes, 0]);
        Assert.Equal(DiagnosticCodes.DataCorrupt, Assert.Throws<DqException>(() => WorkerLook.Check(job, default)).Diagnostics[0].Code);
        File.WriteAllBytes(image, bytes);
        WorkerLook.Check(job, default);

        Directory.Delete(_data, recursive: true);
        Assert.Equal(DiagnosticCodes.DataMissing, Assert.Throws<DqException>(() => WorkerLook.Check(job, default)).Diagnostics[0].Code);
    }

    /// <summary>On the disks of another machine files have other numbers: its stamps would have the front end read everything anew.</summary>
    [Fact]
    public async Task It_leaves_no_memory_behind()
    {
        var job = await SubmittedAsync();
        Directory.Delete(_bench.Workspace.StateFolder, recursive: true);
        WorkerLook.Check(job, default);
        Assert.Empty(Directory.GetFiles(_bench.Workspace.StateFolder));
    }

    /// <summary>The job of train/dq as a worker on a cluster reads it.</summary>
    private async Task<WorkerJob> SubmittedAsync()
    {
        WorkerJob? job = null;
        _bench.Executor.Before = (one, _) =>
        {
            job = one;
            return Task.CompletedTask;
        };
        Assert.Equal(0, (await _bench.BuildOfAsync("train/dq")).ExitCode);
        // Where the front end looks itself, there is nothing to do.
        WorkerLook.Check(job! with { DataHash = "of others" }, default);
        var folder = Path.Combine(_bench.Workspace.SlurmFolder, "one");
        _ = SubmittedJob.Create(_bench.Workspace, folder, job!);
        return WorkerJson.ReadJob(File.ReadAllText(Path.Combine(folder, SubmittedJob.JobName)))!;
    }
}
