using System.Collections.Concurrent;
using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Tests;

/// <summary>A workspace, a Slurm of shell scripts, and the executor between them.</summary>
public abstract class SlurmBench : IDisposable
{
    private protected const string Done = """{"event":"done","metrics":{"accuracy":0.5}}""";

    private protected const string Step = """{"event":"progress","step":10}""";

    private protected static readonly SlurmPatience s_patience = new()
    {
        Files = TimeSpan.FromMilliseconds(5),
        Queue = TimeSpan.Zero,
        LastWords = TimeSpan.FromMilliseconds(50),
        Cancelling = TimeSpan.FromSeconds(30),
    };

    private protected readonly Bench _bench = new();
    private protected readonly FakeSlurm _slurm = new();

    public void Dispose()
    {
        _slurm.Dispose();
        _bench.Dispose();
    }

    private protected TrainJob Job(string name, params (string Id, string Key)[] keys) => Work(name, "1") with
    {
        OutputFolder = Path.Combine(_bench.Workspace.WorkFolder, name),
        Keys = (keys.Length > 0 ? keys : [(name, "1")]).ToDictionary(one => one.Id, one => one.Key),
    };

    /// <summary>A job that makes one target.</summary>
    internal static TrainJob Work(string name, string key) => new()
    {
        Name = name,
        Threads = 3,
        Device = "cpu",
        Dataset = "{}",
        OutputFolder = "/out",
        Train = "{}",
        Key = new('a', 64),
        CheckpointFolder = "/checkpoints",
        Keys = new Dictionary<string, string> { [name] = key },
    };

    private protected SlurmExecutor Executor(SlurmDeclaration? settings = null, SlurmPatience? patience = null, SlurmBuild? asked = null) =>
        new(_bench.Workspace, settings ?? new(), "/worker", ["worker"], patience ?? s_patience, commands: _slurm.Folder) { Asked = asked };

    private protected async Task<DoneEvent> RunAsync(WorkerJob job, Heard? heard = null, SlurmDeclaration? settings = null, SlurmPatience? patience = null, SlurmBuild? asked = null, CancellationToken cancellation = default)
    {
        using var executor = Executor(settings, patience, asked);
        var done = await executor.RunAsync(job, heard ?? new(), cancellation);
        executor.Forget(job);
        return done;
    }

    private protected static EvaluateJob Cells(params (string Id, string Key)[] keys) => new()
    {
        Name = "evaluate/robustness/dq",
        Threads = 1,
        Device = "cpu",
        Dataset = "{}",
        OutputFolder = "/out",
        Model = "/model.safetensors",
        ModelSha256 = new('a', 64),
        Samples = 10,
        Batch = 10,
        Seed = 1,
        Cells = [.. keys.Select(one => new EvaluateCell(one.Id, null, 0))],
        Keys = keys.ToDictionary(one => one.Id, one => one.Key),
    };

    /// <summary>Leaves job 7 with Slurm, as a front end does that is killed: by a silence after which it gives up, and forgets nothing.</summary>
    private protected async Task SubmitAndDieAsync(WorkerJob job, SlurmBuild? asked = null, int id = 7)
    {
        _slurm.OnSubmit($"echo {id}");
        _slurm.OnAsk("exit 1");
        _ = await Assert.ThrowsAsync<DqException>(() => RunAsync(job, patience: s_patience with { Silence = TimeSpan.Zero }, asked: asked));
    }

    private protected sealed class Heard : IWorkerEvents
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public List<string> Cells { get; } = [];

        public int Starts { get; private set; }

        public Action<string> OnMessage { get; init; } = _ => { };

        public void Progress(ProgressEvent progress)
        {
        }

        public void Message(string text)
        {
            Messages.Enqueue(text);
            OnMessage(text);
        }

        public void Resumed(long step)
        {
        }

        public void Cell(CellEvent cell) => Cells.Add(cell.Id);

        public void Restarted() => Starts++;

        public void Warning(Diagnostic warning)
        {
        }
    }
}
