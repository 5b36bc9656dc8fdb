using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Attacks made on a substitute: which cells there are, what is in their keys, and who shares a worker.</summary>
public class BlackBoxTests
{
    private static readonly string[] s_cells =
    [
        .. new[] { "dq", "full" }.SelectMany(model => new[] { "fgsm@2", "fgsm@8", "pgd@2", "pgd@8" }.Select(cell => $"evaluate/robustness/{model}/black-box/{cell}")),
    ];

    private static Bench WithSubstitute()
    {
        var bench = new Bench();
        bench.Change(p => p with { Train = Bench.Named([.. p.Train.Values, Bench.Model("substitute") with { Network = "vgg-16" }]) });
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "substitute" });
        return bench;
    }

    [Fact]
    public async Task Each_attack_and_strength_is_measured_on_each_model_again_from_the_substitute()
    {
        using var bench = WithSubstitute();
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(s_cells, bench.Executor.Transferred);
        var rows = result.Metrics.Where(m => m.BlackBox).ToList();
        Assert.Equal(8, rows.Count);
        Assert.All(rows, m => Assert.Equal("substitute", m.From));
        Assert.All(result.Metrics.Where(m => !m.BlackBox), m => Assert.Null(m.From));
        Assert.Equal(["clean", "fgsm", "fgsm", "pgd", "pgd", "fgsm", "fgsm", "pgd", "pgd", "worst", "worst"], result.Metrics.Where(m => m.Model == "dq").Select(m => m.Attack));
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task One_worker_makes_the_images_of_a_substitute_for_all_models()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        var job = Assert.Single(bench.Executor.Jobs.OfType<TransferJob>());
        Assert.Equal("evaluate/robustness/on/substitute", job.Name);
        Assert.Equal(["full", "dq"], job.Models.Select(m => m.Name));
        Assert.Equal("substitute", job.MadeOn.Name);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1], job.Cells.Select(c => c.Model));
    }

    /// <summary>On a clean clone nobody knows, before the changed model is trained, that the others are to be read too.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_clean_clone_a_changed_substitute_brings_back_the_models_that_it_attacks(bool remote)
    {
        using var bench = WithSubstitute();
        if (remote)
            bench.Change(p => p with { Cache = new() { Remote = Path.Combine(bench.Folder, "shared") } });
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        bench.ChangeModel("substitute", m => m with { Epochs = 3 });
        var result = await bench.BuildAsync();
        Assert.Empty(result.Diagnostics);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(remote ? ["train/substitute"] : ["train/dq", "train/full", "train/substitute"], bench.Executor.Trained);
        Assert.Equal(s_cells, bench.Executor.Transferred);
        Assert.Empty(bench.Executor.Measured);
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    /// <summary>Where a machine makes other bits, what was measured on the recorded ones is measured again.</summary>
    [Fact]
    public async Task What_ended_on_a_record_whose_model_comes_out_otherwise_begins_anew()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        bench.ChangeModel("substitute", m => m with { Epochs = 3 });
        bench.Executor.Machine = "another";
        var result = await bench.BuildAsync();
        Assert.Equal((0, result.Targets.Count), (result.ExitCode, result.Count(Outcome.Built)));
        Assert.Equal(10, bench.Executor.Measured.Count());
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    /// <summary>A wait that ends with the recorded result needs no file, and nothing is trained for its sake.</summary>
    [Fact]
    public async Task On_a_clean_clone_a_substitute_of_the_same_bits_brings_nothing_back()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        var result = await bench.BuildAsync(options => options with { Force = true, Select = ["substitute"] });
        Assert.Equal(0, result.ExitCode);
        Bench.AllUpToDate(await bench.BuildAsync());
        bench.BecomeCleanClone();
        // Its images are measured anew on one model alone, so that it is trained again, to the same bits.
        bench.ChangeModel("full", m => m with { Epochs = 3 });
        result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["train/full", "train/substitute"], bench.Executor.Trained);
        Assert.Equal(s_cells.Where(cell => cell.Contains("/full/", StringComparison.Ordinal)), bench.Executor.Transferred);
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task Asking_for_black_box_runs_black_box_cells_alone()
    {
        using var bench = WithSubstitute();
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "" });
        await bench.BuildAsync();
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "substitute" });
        await bench.BuildAsync();
        Assert.Empty(bench.Executor.Trained);
        Assert.Empty(bench.Executor.Measured);
        Assert.Equal(s_cells, bench.Executor.Transferred);
    }

    [Fact]
    public async Task A_changed_substitute_reruns_black_box_cells_alone_and_the_status_names_it()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        bench.ChangeModel("substitute", m => m with { Epochs = 3 });
        Assert.Equal(["it needs train/substitute, which is to be built"], bench.Status()[s_cells[0]].Reasons);
        await bench.BuildAsync();
        Assert.Equal(["train/substitute"], bench.Executor.Trained);
        Assert.Empty(bench.Executor.Measured);
        Assert.Equal(s_cells, bench.Executor.Transferred);

        bench.Executor.Machine = "another";
        await bench.BuildAsync(o => o with { Force = true }, select: "substitute");
        Assert.Equal(["the substitute 'substitute' changed"], bench.Status()[s_cells[0]].Reasons);
    }

    [Fact]
    public async Task Another_substitute_reruns_black_box_cells_and_an_equal_one_does_not()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        bench.Change(p => p with
        {
            Train = Bench.Named([.. p.Train.Values, p.Train["substitute"] with { Name = "twin", Group = "twin" }, p.Train["substitute"] with { Name = "other", Group = "other", Epochs = 2 }]),
        });
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "twin" });
        await bench.BuildAsync();
        Assert.Equal(["train/other"], bench.Executor.Trained);
        Assert.Single(bench.Executor.Jobs);
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "other" });
        await bench.BuildAsync();
        Assert.Equal(s_cells, bench.Executor.Transferred);
        Assert.Empty(bench.Executor.Measured);
    }

    [Fact]
    public async Task A_changed_model_reruns_its_own_black_box_cells_alone()
    {
        using var bench = WithSubstitute();
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Epochs = 3 });
        await bench.BuildAsync();
        Assert.Equal(s_cells[..4], bench.Executor.Transferred);
    }

    [Fact]
    public async Task A_black_box_measurement_is_not_the_white_box_one_even_with_the_same_bits()
    {
        using var bench = WithSubstitute();
        // The substitute has the model's own declaration: the same bits, and still an attack on another model's file.
        bench.ChangeModel("substitute", m => bench.Pipeline.Train["dq"] with { Name = "substitute", Group = "substitute" });
        var result = await bench.BuildAsync();
        Assert.Equal(s_cells, bench.Executor.Transferred);
        // Nine of each of the two models, and their worst cases at two strengths.
        Assert.Equal(22, result.Metrics.Count);
    }

    [Fact]
    public void A_model_is_no_substitute_for_itself_and_an_attack_may_have_one_of_its_own()
    {
        using var bench = WithSubstitute();
        bench.ChangeEvaluation(e => e with
        {
            Models = ["dq", "substitute"],
            BlackBoxFrom = "",
            Attacks = [new() { Kind = "fgsm", Name = "fgsm" }, new() { Kind = "fgsm", Name = "fgsm", From = "substitute" }, new() { Kind = "pgd", Name = "strong", From = "full" }],
            Epsilon = [2],
        });
        Assert.Equal(
            ["robustness/dq/clean", "robustness/dq/fgsm@2", "robustness/dq/black-box/fgsm@2", "robustness/dq/black-box/strong@2", "robustness/substitute/clean", "robustness/substitute/fgsm@2", "robustness/substitute/black-box/strong@2"],
            bench.Graph().Targets.OfType<EvaluationCell>().Select(c => c.Id["evaluate/".Length..]));
    }

    [Theory]
    [InlineData("robustness", 18)]
    [InlineData("robustness/dq", 9)]
    [InlineData("robustness/dq/fgsm", 2)]
    [InlineData("robustness/dq/fgsm@8", 1)]
    [InlineData("robustness/dq/black-box", 4)]
    [InlineData("robustness/dq/black-box/fgsm", 2)]
    [InlineData("evaluate/robustness/dq/black-box/fgsm@8", 1)]
    public void A_name_means_black_box_only_where_it_says_so(string name, int count)
    {
        using var bench = WithSubstitute();
        Assert.Equal(count, bench.Graph().Select([name]).Count);
    }

    [Fact]
    public void A_substitute_is_one_declared_model()
    {
        using var bench = WithSubstitute();
        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "substitut" });
        var unknown = Assert.Throws<DqException>(bench.Graph).Diagnostics[0];
        Assert.Equal(("DQ1005", true), (unknown.Code, unknown.Message.Contains("did you mean \"substitute\"", StringComparison.Ordinal)));

        bench.ChangeEvaluation(e => e with { BlackBoxFrom = "grid" });
        bench.Change(p => p with { Train = Bench.Named([.. p.Train.Values, Bench.Model("grid@bits=1") with { Group = "grid" }, Bench.Model("grid@bits=2") with { Group = "grid" }]) });
        Assert.Equal("DQ1004", Assert.Throws<DqException>(bench.Graph).Diagnostics[0].Code);
    }

    [Fact]
    public async Task A_gate_is_held_against_the_measurement_that_it_names()
    {
        using var bench = WithSubstitute();
        GateDeclaration Gate(bool blackBox) => new() { Model = "dq", Attack = "pgd", Epsilon = 8, BlackBox = blackBox, AtLeast = 0.5 };
        bench.ChangeEvaluation(e => e with { Gates = [Gate(false), Gate(true)] });
        bench.Executor.Correct = (_, _) => 90;
        var result = await bench.BuildAsync();
        var expected = result.Metrics.Single(m => m is { Model: "dq", Attack: "pgd", Epsilon: 8, BlackBox: true });
        Assert.Equal([0.9, expected.Accuracy], result.Gates.Select(g => g.Accuracy));
        Assert.Equal(expected.High < 0.5 ? GateVerdict.Failed : GateVerdict.Passed, result.Gates[1].Verdict);

        bench.ChangeEvaluation(e => e with { Gates = [Gate(true) with { AtLeast = 1, Certain = true }] });
        Assert.StartsWith("dq under black-box pgd at ε = 8 keeps", Assert.Single((await bench.BuildAsync()).Diagnostics, diagnostic => diagnostic.Severity == Severity.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_substitute_that_fails_leaves_white_box_results()
    {
        using var bench = WithSubstitute();
        bench.Executor.Before = (job, _) => job.Name == "train/substitute" ? throw new DqException("DQ3004", "diverged") : Task.CompletedTask;
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(10, result.Metrics.Count);
        Assert.Equal(8, result.Count(Outcome.Skipped));
    }

    [Fact]
    public void Jobs_survive_their_journey_as_lines()
    {
        WorkerJob job = new TransferJob
        {
            Name = "n",
            Threads = 1,
            Device = "cpu",
            Dataset = "{}",
            OutputFolder = "o",
            MadeOn = new("s", "/s", "0"),
            Models = [new("m", "/m", "1")],
            Samples = 5,
            Batch = 2,
            Seed = 3,
            Cells = [new("c", 0, "{}", 2.5)],
        };
        var read = Assert.IsType<TransferJob>(WorkerJson.ReadJob(WorkerJson.Write(job)));
        Assert.Equal(WorkerJson.Write(job), WorkerJson.Write(read));
        Assert.Equal(("s", "/m", 2.5), (read.MadeOn.Name, read.Models[0].Path, read.Cells[0].Epsilon));
    }
}
