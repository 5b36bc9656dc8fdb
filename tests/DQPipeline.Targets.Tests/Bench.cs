using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

/// <summary>A workspace in a folder of its own, with a pipeline to change and a fake executor.</summary>
internal sealed class Bench : IDisposable
{
    public Bench(string? folder = null)
    {
        Folder = folder ?? Directory.CreateTempSubdirectory("dq-targets-").FullName;
        Workspace = new(Folder);
    }

    public string Folder { get; }

    public Workspace Workspace { get; private set; }

    public FakeExecutor Executor { get; } = new();

    public Recorder Observer { get; private set; } = new();

    /// <summary>The builds' clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public MethodVersions Method { get; set; } = new("train/1", "evaluate/1", "quantize/1", "package/1");

    public PipelineDeclaration Pipeline { get; set; } = Sample();

    /// <summary>Two models on procedural data, two attacks at two strengths, no gate.</summary>
    public static PipelineDeclaration Sample() => new()
    {
        Datasets = Named(new StreetDigitsDeclaration { Name = "street", Seed = 2019 }),
        Train = Named(Model("full"), Model("dq") with { Lipschitz = new() { Beta = 0.001 } }),
        Evaluate = Named(Evaluation("robustness", "full", "dq")),
    };

    public static TrainDeclaration Model(string name) => new() { Name = name, Group = name, Dataset = "street", Seed = 2019, Place = new("dq.json", 5, 3) };

    public static EvaluateDeclaration Evaluation(string name, params string[] models) => new()
    {
        Name = name,
        Models = models,
        Attacks = [new() { Kind = "fgsm", Name = "fgsm" }, new() { Kind = "pgd", Name = "pgd" }],
        Epsilon = [2, 8],
        Samples = 100,
        Seed = 7,
        Place = new("dq.json", 9, 3),
    };

    public static Dictionary<string, DatasetDeclaration> Named(params DatasetDeclaration[] datasets) => datasets.ToDictionary(d => d.Name);

    public static Dictionary<string, TrainDeclaration> Named(params TrainDeclaration[] models) => models.ToDictionary(d => d.Name);

    public static Dictionary<string, EvaluateDeclaration> Named(params EvaluateDeclaration[] evaluations) => evaluations.ToDictionary(d => d.Name);

    /// <summary>Declares a distance and a set of samples on both models, under the names "figure3" and "figure7".</summary>
    public void UseFigures() => Change(p => p with
    {
        Distance = new Dictionary<string, DistanceDeclaration> { ["figure3"] = new() { Name = "figure3", Models = ["full", "dq"], Epsilon = [1, 2], Place = new("dq.json", 20, 3) } },
        Samples = new Dictionary<string, SamplesDeclaration> { ["figure7"] = new() { Name = "figure7", Models = ["full", "dq"], Place = new("dq.json", 21, 3) } },
    });

    /// <summary>Declares the integer model "int8" of "dq", measured beside the others.</summary>
    public void UseIntegerModel() => Change(p => p with
    {
        Quantize = new Dictionary<string, QuantizeDeclaration> { ["int8"] = new() { Name = "int8", Group = "int8", Model = "dq", Seed = 2019, Place = new("dq.json", 7, 3) } },
        Evaluate = Named(Evaluation("robustness", "full", "dq", "int8")),
    });

    /// <summary>Declares the package "app" of the integer model.</summary>
    public void UsePackage()
    {
        UseIntegerModel();
        Change(p => p with { Package = new Dictionary<string, PackageDeclaration> { ["app"] = new() { Name = "app", Group = "app", Model = "int8", Place = new("dq.json", 30, 3) } } });
    }

    /// <summary>Demands something of the evaluation "robustness".</summary>
    public void UseGates(params GateDeclaration[] gates) => ChangeEvaluation(e => e with { Gates = gates });

    public void ChangeDistance(Func<DistanceDeclaration, DistanceDeclaration> change) =>
        Change(p => p with { Distance = p.Distance.ToDictionary(m => m.Key, m => change(m.Value)) });

    public void Change(Func<PipelineDeclaration, PipelineDeclaration> change) => Pipeline = change(Pipeline);

    public void ChangeModel(string name, Func<TrainDeclaration, TrainDeclaration> change) =>
        Change(p => p with { Train = p.Train.ToDictionary(m => m.Key, m => m.Key == name ? change(m.Value) : m.Value) });

    public void ChangeEvaluation(Func<EvaluateDeclaration, EvaluateDeclaration> change) =>
        Change(p => p with { Evaluate = p.Evaluate.ToDictionary(m => m.Key, m => change(m.Value)) });

    public BuildOptions Options(params string[] select) => new() { Method = Method, Select = select };

    public TargetGraph Graph() => TargetGraph.Create(Pipeline);

    public Task<BuildResult> BuildAsync(Func<BuildOptions, BuildOptions>? change = null, CancellationToken cancellation = default, params string[] select)
    {
        Observer = new();
        Executor.Jobs.Clear();
        var options = Options(select);
        return new Builder(Workspace, Graph(), Executor, change?.Invoke(options) ?? options, Observer, Time).RunAsync(cancellation);
    }

    public Task<BuildResult> BuildOfAsync(params string[] select) => BuildAsync(select: select);

    public Dictionary<string, TargetStatus> Status() => StatusReport.Create(Workspace, Graph(), Options()).ToDictionary(s => s.Target.Id);

    public IReadOnlyList<MetricRecord> Metrics() => MetricsReport.Create(Workspace, Graph(), Options());

    public string Output(string model) => Workspace.OutputPath(model, TrainTarget.ModelFile);

    public byte[] LockBytes() => File.ReadAllBytes(Workspace.LockPath);

    /// <summary>What a clean clone of the repository has: everything that is committed, and no .dq.</summary>
    public void BecomeCleanClone() => Directory.Delete(Workspace.DqFolder, recursive: true);

    /// <summary>Declares the data set "street" as stored in a folder or file beside dq.json.</summary>
    public string UseStoredData(string name = "data", bool optional = false)
    {
        var path = Path.Combine(Folder, name);
        Change(p => p with { Datasets = Named(new ImageFolderDeclaration { Name = "street", Path = path, Optional = optional, Place = new("dq.json", 3, 5) }) });
        return path;
    }

    public static void AllUpToDate(BuildResult result)
    {
        Assert.Equal(0, result.ExitCode);
        Assert.All(result.Targets, t => Assert.Equal(Outcome.UpToDate, t.Outcome));
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
