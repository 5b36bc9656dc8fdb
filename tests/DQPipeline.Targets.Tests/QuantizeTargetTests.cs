using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Integer models: made of trained ones, and measured on adversarial images that are made on these.</summary>
public class QuantizeTargetTests
{
    private static Bench WithIntegerModel()
    {
        var bench = new Bench();
        bench.UseIntegerModel();
        return bench;
    }

    private static IEnumerable<string> Ran(Bench bench) => bench.Executor.Jobs.Select(j => j.Name).Order(StringComparer.Ordinal);

    [Fact]
    public async Task A_build_makes_it_measures_it_and_the_next_one_has_nothing_to_do()
    {
        using var bench = WithIntegerModel();
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.True(File.Exists(bench.Workspace.OutputPath("int8", QuantizeTarget.ModelFile)));
        Assert.Equal(["clean", "fgsm", "fgsm", "pgd", "pgd", "worst", "worst"], result.Metrics.Where(m => m.Model == "int8").Select(m => m.Attack));
        Assert.All(result.Metrics, m => Assert.False(m.BlackBox));
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Empty(bench.Executor.Jobs);
    }

    [Fact]
    public async Task Attacks_on_it_are_made_on_the_trained_model_and_its_clean_images_need_no_other()
    {
        using var bench = WithIntegerModel();
        await bench.BuildAsync();
        var transfer = Assert.Single(bench.Executor.Jobs.OfType<TransferJob>());
        Assert.Equal(("evaluate/robustness/on/dq", "dq"), (transfer.Name, transfer.MadeOn.Name));
        Assert.Equal(["int8"], transfer.Models.Select(m => m.Name));
        Assert.EndsWith(QuantizeTarget.ModelFile, transfer.Models[0].Path, StringComparison.Ordinal);
        Assert.EndsWith(TrainTarget.ModelFile, transfer.MadeOn.Path, StringComparison.Ordinal);
        var clean = Assert.Single(bench.Executor.Jobs.OfType<EvaluateJob>(), job => job.Model.EndsWith(QuantizeTarget.ModelFile, StringComparison.Ordinal));
        Assert.Equal(["evaluate/robustness/int8/clean"], clean.Cells.Select(c => c.Id));
    }

    [Fact]
    public async Task An_attack_on_scores_is_made_on_itself_in_the_worker_that_measures_it()
    {
        using var bench = WithIntegerModel();
        bench.ChangeEvaluation(e => e with { Attacks = [new() { Kind = "square", Name = "square" }, new() { Kind = "fgsm", Name = "fgsm" }], Epsilon = [2] });
        await bench.BuildAsync();
        Assert.Equal(["evaluate/robustness/int8/fgsm@2"], bench.Executor.Transferred);
        var own = Assert.Single(bench.Executor.Jobs.OfType<EvaluateJob>(), job => job.Model.EndsWith(QuantizeTarget.ModelFile, StringComparison.Ordinal));
        Assert.Equal(["evaluate/robustness/int8/clean", "evaluate/robustness/int8/square@2"], own.Cells.Select(c => c.Id));

        // What the trained model has to do with it is in the integer model's own bytes.
        bench.Executor.Machine = "another";
        await bench.BuildAsync(o => o with { Force = true }, select: "dq");
        await bench.BuildOfAsync("int8");
        Assert.Equal(["the model 'int8' changed"], bench.Status()["evaluate/robustness/int8/square@2"].Reasons);
        Assert.Equal(["the model 'int8' changed", "the trained model 'dq' changed"], bench.Status()["evaluate/robustness/int8/fgsm@2"].Reasons);
    }

    /// <summary>What is made for other models searches to the end, and what is rounded in L2 spends all of ε, as neither did at first; everything else stays as it is recorded.</summary>
    [Theory]
    [InlineData("autoattack", "clipped", "linf", "evaluate/1+others/1")]
    [InlineData("fab-t", "clipped", "l2", "evaluate/1+others/1+grid/1+scale/1", "evaluate/1+scale/1")]
    [InlineData("pgd", "all", "linf", "evaluate/1+others/1")]
    [InlineData("pgd", "clipped", "linf", "evaluate/1")]
    [InlineData("pgd", "clipped", "l2", "evaluate/1+grid/1+scale/1", "evaluate/1+scale/1")]
    [InlineData("random", "all", "linf", "evaluate/1")]
    [InlineData("square", "all", "linf", "evaluate/1")]
    [InlineData("square", "clipped", "l2", "evaluate/1+grid/1")]
    public void The_version_of_an_attack_on_it_says_where_that_computes_otherwise(string kind, string backward, string norm, string version, string onTrained = "evaluate/1")
    {
        using var bench = WithIntegerModel();
        bench.ChangeEvaluation(e => e with { Attacks = [new() { Kind = kind, Name = kind, Backward = backward, Norm = norm }], Epsilon = [2] });
        var cells = bench.Graph().Targets.OfType<EvaluationCell>().ToDictionary(cell => cell.Id);
        Assert.Equal(version, cells[$"evaluate/robustness/int8/{kind}@2"].Version(bench.Method));
        Assert.Equal(onTrained, cells[$"evaluate/robustness/dq/{kind}@2"].Version(bench.Method));
        Assert.Equal("evaluate/1", cells["evaluate/robustness/int8/clean"].Version(bench.Method));
    }

    [Fact]
    public async Task Black_box_and_white_box_images_of_one_model_are_made_once()
    {
        using var bench = WithIntegerModel();
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "dq" });
        await bench.BuildAsync();
        // For the integer model, attacks made on "dq" are the white-box ones; a black-box twin would say the same again.
        var transfer = Assert.Single(bench.Executor.Jobs.OfType<TransferJob>());
        Assert.Equal(["full", "int8"], transfer.Models.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(bench.Graph().Targets, t => t.Id.StartsWith("evaluate/robustness/int8/black-box", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_option_remakes_it_alone_and_the_status_names_it()
    {
        using var bench = WithIntegerModel();
        await bench.BuildAsync();
        bench.Change(p => p with { Quantize = p.Quantize.ToDictionary(q => q.Key, q => q.Value with { Calibration = new() { Samples = 20 } }) });
        Assert.Equal(["calibration.samples: 1000 → 20"], bench.Status()["quantize/int8"].Reasons);
        Assert.Equal(TargetState.UpToDate, bench.Status()["train/dq"].State);
        await bench.BuildAsync();
        Assert.Equal(["evaluate/robustness/int8", "evaluate/robustness/on/dq", "quantize/int8"], Ran(bench));
    }

    [Fact]
    public async Task A_changed_trained_model_remakes_it()
    {
        using var bench = WithIntegerModel();
        await bench.BuildAsync();
        bench.Executor.Machine = "another";
        await bench.BuildAsync(o => o with { Force = true }, select: "dq");
        Assert.Equal(["the model 'dq' changed"], bench.Status()["quantize/int8"].Reasons);
        await bench.BuildOfAsync("int8");
        Assert.Equal(["the model 'int8' changed", "the trained model 'dq' changed"], bench.Status()["evaluate/robustness/int8/pgd@2"].Reasons);
        Assert.Equal(["the model 'int8' changed"], bench.Status()["evaluate/robustness/int8/clean"].Reasons);
    }

    [Fact]
    public async Task Its_name_selects_it_and_a_rename_runs_nothing()
    {
        using var bench = WithIntegerModel();
        Assert.Equal(["quantize/int8"], bench.Graph().Select(["int8"]).Select(t => t.Id));
        Assert.Equal(["quantize/int8"], bench.Graph().Select(["quantize/int8"]).Select(t => t.Id));
        await bench.BuildAsync();
        bench.Change(p => p with { Quantize = new Dictionary<string, QuantizeDeclaration> { ["small"] = p.Quantize["int8"] with { Name = "small", Group = "small" } } });
        bench.ChangeEvaluation(e => e with { Models = ["full", "dq", "small"] });
        await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
    }

    [Fact]
    public async Task A_gate_may_stand_on_it()
    {
        using var bench = WithIntegerModel();
        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = "int8", Attack = "pgd", Epsilon = 2, AtLeast = 0.0001, Place = new("dq.json", 12, 3) }] });
        var result = await bench.BuildAsync();
        Assert.Equal("int8", Assert.Single(result.Gates).Model);
    }

    [Fact]
    public void What_needs_a_gradient_or_layers_does_not_take_it()
    {
        using var bench = WithIntegerModel();
        bench.UseFigures();
        bench.ChangeDistance(d => d with { Models = ["int8"] });
        Assert.Equal(DiagnosticCodes.UnknownName, Assert.Throws<DqException>(() => bench.Graph()).Diagnostics[0].Code);
    }

    [Fact]
    public void Its_job_survives_its_journey_as_a_line()
    {
        WorkerJob job = new QuantizeJob { Name = "n", Threads = 1, Device = "cpu", Dataset = "{}", OutputFolder = "o", Quantize = "{}", Key = "k", Model = new("m", "/m", "1") };
        var read = Assert.IsType<QuantizeJob>(WorkerJson.ReadJob(WorkerJson.Write(job)));
        Assert.Equal(job, read);
    }
}
