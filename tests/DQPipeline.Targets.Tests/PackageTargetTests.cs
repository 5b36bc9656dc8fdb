using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Packages: made of the model that passes its gates, and of no other.</summary>
public class PackageTargetTests
{
    private static Bench WithPackage(double atLeast = 0, string gated = "int8")
    {
        var bench = new Bench();
        bench.UseIntegerModel();
        bench.Change(p => p with { Package = new Dictionary<string, PackageDeclaration> { ["app"] = new() { Name = "app", Group = "app", Model = "int8" } } });
        Demand(bench, atLeast, gated);
        return bench;
    }

    private static void Demand(Bench bench, double atLeast, string gated = "int8") =>
        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = gated, Attack = "pgd", Epsilon = 2, AtLeast = atLeast, Place = new("dq.json", 12, 3) }] });

    private static string[] Placed(Bench bench) =>
        [.. new[] { PackageTarget.MlnetFile, PackageTarget.OnnxFile, PackageTarget.StockFile }.Where(name => File.Exists(bench.Workspace.OutputPath("app", name)))];

    private static TargetResult App(BuildResult result) => result.Targets.Single(target => target.Target.Id == "package/app");

    [Fact]
    public async Task It_is_made_after_the_gates_and_once()
    {
        using var bench = WithPackage();
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal([PackageTarget.MlnetFile, PackageTarget.OnnxFile], Placed(bench));
        var job = Assert.Single(bench.Executor.Jobs.OfType<PackageJob>());
        Assert.Equal(("package/app", "int8"), (job.Name, job.Model.Name));
        Assert.Same(job, bench.Executor.Jobs.Last());
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Empty(bench.Executor.Jobs);
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("dq")]
    public async Task A_failed_gate_on_the_model_or_on_the_one_it_was_made_of_blocks_it(string gated)
    {
        using var bench = WithPackage(atLeast: 1, gated);
        var result = await bench.BuildAsync();
        Assert.Equal(3, result.ExitCode);
        Assert.Equal((Outcome.Skipped, $"{gated} fails its gate under pgd at ε = 2"), (App(result).Outcome, App(result).Why));
        Assert.Empty(Placed(bench));
        Assert.Empty(bench.Executor.Jobs.OfType<PackageJob>());
        Assert.Contains(result.Diagnostics, d => d.Code == DiagnosticCodes.Skipped && d.Message.Contains("package/app", StringComparison.Ordinal));
        Assert.Contains(result.Diagnostics, d => d.Code == DiagnosticCodes.GateFailed);
    }

    [Fact]
    public async Task A_gate_on_a_matrix_blocks_the_members_that_fail_it()
    {
        using var bench = WithPackage();
        bench.Change(p => p with
        {
            Quantize = new Dictionary<string, QuantizeDeclaration>
            {
                ["int8@bits=2"] = new() { Name = "int8@bits=2", Group = "int8", Model = "dq", Bits = 2, Seed = 2019 },
                ["int8@bits=4"] = new() { Name = "int8@bits=4", Group = "int8", Model = "dq", Bits = 4, Seed = 2019 },
            },
            Package = new Dictionary<string, PackageDeclaration> { ["app"] = new() { Name = "app", Group = "app", Model = "int8@bits=4" } },
        });
        Demand(bench, atLeast: 1, gated: "int8");
        var result = await bench.BuildAsync();
        Assert.Equal((3, Outcome.Skipped), (result.ExitCode, App(result).Outcome));
        Assert.Empty(Placed(bench));
    }

    [Fact]
    public async Task A_gate_on_another_model_does_not()
    {
        using var bench = WithPackage(atLeast: 1, gated: "full");
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
        Assert.NotEmpty(Placed(bench));
    }

    /// <summary>What no longer passes is taken away, without a worker; when it passes again, the cache has it.</summary>
    [Fact]
    public async Task A_raised_threshold_takes_it_away_and_a_lowered_one_brings_it_back()
    {
        using var bench = WithPackage();
        await bench.BuildAsync();
        Demand(bench, atLeast: 1);
        Assert.Equal(TargetState.Skipped, bench.Status()["package/app"].State);
        Assert.NotEmpty(Placed(bench));
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
        Assert.Empty(Placed(bench));
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
        Demand(bench, atLeast: 0);
        var back = await bench.BuildAsync();
        Assert.Equal((0, Outcome.FromCache), (back.ExitCode, App(back).Outcome));
        Assert.Equal([PackageTarget.MlnetFile, PackageTarget.OnnxFile], Placed(bench));
        Assert.Empty(bench.Executor.Jobs);
    }

    [Fact]
    public async Task Its_name_alone_builds_the_model_and_measures_what_the_gates_ask()
    {
        using var bench = WithPackage();
        await bench.BuildOfAsync("app");
        Assert.Equal(["evaluate/robustness/on/dq", "package/app", "quantize/int8", "train/dq"], bench.Executor.Jobs.Select(j => j.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["evaluate/robustness/int8/pgd@2"], bench.Executor.Transferred);
        Assert.Equal(["package/app"], bench.Graph().Select(["package/app"]).Select(t => t.Id));
    }

    [Fact]
    public async Task Its_options_and_its_model_make_it_stale_and_its_name_does_not()
    {
        using var bench = WithPackage();
        await bench.BuildAsync();
        bench.Change(p => p with { Package = new Dictionary<string, PackageDeclaration> { ["other"] = p.Package["app"] with { Name = "other", Group = "other" } } });
        await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        bench.Change(p => p with { Package = new Dictionary<string, PackageDeclaration> { ["other"] = p.Package["other"] with { Formats = ["onnx"] } } });
        Assert.NotEqual(TargetState.UpToDate, bench.Status()["package/other"].State);
        await bench.BuildAsync();
        Assert.Equal(["package/other"], bench.Executor.Jobs.Select(j => j.Name));
    }

    /// <summary>The measurements that its gates ask for are no part of its key, and so no change of it while they are to be made.</summary>
    [Fact]
    public async Task While_its_model_is_to_be_made_only_that_is_its_reason()
    {
        using var bench = WithPackage();
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Epochs = 3 });
        Assert.Equal(["it needs quantize/int8, which is to be built"], bench.Status()["package/app"].Reasons);
        bench.ChangeModel("dq", m => m with { Epochs = 3, Seed = 1 });
        await bench.BuildOfAsync("int8");
        Assert.Equal(["it needs evaluate/robustness/int8/pgd@2, which is to be built"], bench.Status()["package/app"].Reasons.Where(reason => reason.StartsWith("it needs", StringComparison.Ordinal)));
        Assert.Equal(["the model 'int8' changed"], bench.Status()["package/app"].Reasons.Where(reason => reason.StartsWith("the model", StringComparison.Ordinal) || reason.StartsWith("model", StringComparison.Ordinal)));
    }

    [Fact]
    public void Its_job_survives_its_journey_as_a_line()
    {
        WorkerJob job = new PackageJob { Name = "n", Threads = 1, Device = "cpu", Dataset = "{}", OutputFolder = "o", Package = "{}", Model = new("m", "/m", "1") };
        Assert.Equal(job, Assert.IsType<PackageJob>(WorkerJson.ReadJob(WorkerJson.Write(job))));
    }
}
