using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>"Trains" and "measures" in this process: every result is a function of the job (and its data) without names, folders and ids.</summary>
internal sealed class FakeExecutor : IExecutor
{
    private int _running;

    public ConcurrentQueue<WorkerJob> Jobs { get; } = new();

    /// <summary>The jobs of which nothing need be kept any more.</summary>
    public ConcurrentQueue<WorkerJob> Released { get; } = new();

    public int MostAtOnce { get; private set; }

    /// <summary>Runs before a job's work; throws or waits to make things go wrong.</summary>
    public Func<WorkerJob, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs once a training has read its data.</summary>
    public Action AfterReading { get; set; } = () => { };

    /// <summary>Runs before each cell.</summary>
    public Action<EvaluateCell> BeforeCell { get; set; } = _ => { };

    /// <summary>Before which cells the work is begun anew elsewhere.</summary>
    public Predicate<EvaluateCell> RestartsAt { get; set; } = _ => false;

    /// <summary>Correct answers of a cell in place of the function's.</summary>
    public Func<EvaluateJob, EvaluateCell, int?> Correct { get; set; } = (_, _) => null;

    /// <summary>Which images are right in the cell of an id, in place of the first so many.</summary>
    public Func<string, bool[]?> Right { get; set; } = _ => null;

    /// <summary>A file that a worker of several files does not write.</summary>
    public string Forgotten { get; set; } = "";

    /// <summary>What the detector says of a cell, by its samples' number and that of the correct ones.</summary>
    public Func<EvaluateJob, EvaluateCell, int, CellDetection?> Detection { get; set; } = (job, cell, correct) =>
        cell.Attack is null ? new(job.Samples, 4, 0, 0) : new(job.Samples, job.Samples / 2, job.Samples - correct, (job.Samples - correct) / 2);

    /// <summary>What a package says of its model.</summary>
    public string Info { get; set; } = """{ "labels": ["zero", "one|two"], "channels": 3, "height": 32, "width": 32, "isInteger": true }""";

    /// <summary>Stands for the machine: other bits from the same job.</summary>
    public string Machine { get; set; } = "";

    public IEnumerable<string> Trained => Jobs.OfType<TrainJob>().Select(j => j.Name).Order(StringComparer.Ordinal);

    public IEnumerable<string> Measured => Jobs.OfType<EvaluateJob>().SelectMany(j => j.Cells).Select(c => c.Id).Order(StringComparer.Ordinal);

    /// <summary>Black-box cells that were measured.</summary>
    public IEnumerable<string> Transferred => Jobs.OfType<TransferJob>().SelectMany(j => j.Cells).Select(c => c.Id).Order(StringComparer.Ordinal);

    public async Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation)
    {
        Jobs.Enqueue(job);
        lock (Jobs)
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
        try
        {
            await Before(job, cancellation);
            return job switch
            {
                TrainJob train => Train(train, events),
                EvaluateJob evaluate => Evaluate(evaluate, events),
                QuantizeJob quantize => Quantize(quantize),
                PackageJob package => Write(package, package.Package, [package.Model with { Name = "" }], [.. Declaration.FromJson<PackageDeclaration>(package.Package).Formats.Select(Graph.PackageTarget.FileOf), Graph.PackageTarget.InfoFile]),
                TransferJob transfer => Transfer(transfer, events),
                DistanceJob distance => Write(distance, distance.Distance, distance.Models, "distance.json", "distance.csv"),
                CertifyJob certify => Write(certify, certify.Certify, certify.Models, "certificate.json", "layers.csv", "certificate.csv"),
                SamplesJob samples => Write(samples, samples.Samples, samples.Models, "images.npz", "samples.png", "predictions.json"),
                _ => throw new NotSupportedException(),
            };
        }
        finally
        {
            lock (Jobs)
                _running--;
        }
    }

    public void Forget(WorkerJob job) => Released.Enqueue(job);

    private DoneEvent Train(TrainJob job, IWorkerEvents events)
    {
        events.Progress(new() { Phase = "loading" });
        if (job.Start is { } start)
            Assert.Equal(start.Sha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(start.Path))));
        var bytes = SHA512.HashData(Encoding.UTF8.GetBytes(Machine + job.Train + WithoutPath(job.Dataset) + job.Start?.Sha256));
        AfterReading();
        events.Progress(new() { Phase = "training", Step = 1, Steps = 2 });
        File.WriteAllBytes(Path.Combine(job.OutputFolder, "model.safetensors"), bytes);
        return new() { Outputs = ["model.safetensors"], Metrics = new Dictionary<string, double> { ["accuracy"] = bytes[0] / 256.0 } };
    }

    private DoneEvent Quantize(QuantizeJob job)
    {
        var done = Write(job, job.Quantize, [job.Model with { Name = "" }], "model.onnx");
        return done with { Metrics = new Dictionary<string, double> { ["agreeing"] = 9, ["correct"] = 8, ["samples"] = 10, ["trainedCorrect"] = 8 } };
    }

    private DoneEvent Evaluate(EvaluateJob job, IWorkerEvents events)
    {
        Assert.Equal(job.ModelSha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(job.Model))));
        foreach (var cell in job.Cells)
        {
            BeforeCell(cell);
            if (RestartsAt(cell))
                events.Restarted();
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{job.ModelSha256} {cell.Attack} {cell.Epsilon} {job.Seed}"));
            var right = Right(cell.Id) ?? First(job.Samples, Correct(job, cell) ?? hash[0] % (job.Samples + 1));
            var correct = right.Count(one => one);
            events.Cell(new(cell.Id, job.Samples, correct, Standing.Encode(right)) { Detection = job.Detector is null ? null : Detection(job, cell, correct) });
        }

        return new();
    }

    /// <summary>The first so many images are right.</summary>
    private static bool[] First(int samples, int correct) => [.. Enumerable.Range(0, samples).Select(i => i < correct)];

    private DoneEvent Transfer(TransferJob job, IWorkerEvents events)
    {
        Check(job.Models.Append(job.MadeOn));
        foreach (var cell in job.Cells)
        {
            var attack = Declaration.ToJson(Declaration.FromJson<AttackDeclaration>(cell.Attack) with { Name = "", From = "" });
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{job.MadeOn.Sha256} {job.Models[cell.Model].Sha256} {attack} {cell.Epsilon} {job.Seed}"));
            var right = Right(cell.Id) ?? First(job.Samples, hash[0] % (job.Samples + 1));
            events.Cell(new(cell.Id, job.Samples, right.Count(one => one), Standing.Encode(right)));
        }

        return new();
    }

    private DoneEvent Write(WorkerJob job, string options, IReadOnlyList<JobModel> models, params string[] files)
    {
        Check(models);
        foreach (var file in files.Where(f => f != Forgotten))
            File.WriteAllText(Path.Combine(job.OutputFolder, file), file == Graph.PackageTarget.InfoFile ? Info : $"{Machine} {file} {options} {string.Join(' ', models.Select(m => m.Name + m.Sha256))}");
        return new() { Outputs = files };
    }

    private static void Check(IEnumerable<JobModel> models) =>
        Assert.All(models, m => Assert.Equal(m.Sha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(m.Path)))));

    private static string WithoutPath(string dataset)
    {
        if (Declaration.FromJson<DatasetDeclaration>(dataset) is not StoredDatasetDeclaration stored)
            return dataset;
        var files = File.Exists(stored.Path) ? [stored.Path] : Directory.GetFiles(stored.Path, "*", SearchOption.AllDirectories);
        return string.Concat(files.Order(StringComparer.Ordinal).Select(f => Convert.ToHexString(File.ReadAllBytes(f))));
    }
}
