using DQPipeline.Targets.Building;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

public class StalenessTests
{
    private static readonly string[] s_dqCells = [.. new[] { "clean", "fgsm@2", "fgsm@8", "pgd@2", "pgd@8" }.Select(c => "evaluate/robustness/dq/" + c)];

    [Fact]
    public async Task A_first_build_makes_everything_and_a_second_nothing()
    {
        using var bench = new Bench();
        var first = await bench.BuildAsync();
        Assert.Equal(0, first.ExitCode);
        Assert.Equal(12, first.Count(Outcome.Built));
        Assert.Equal(14, first.Metrics.Count);
        // One worker for each model's five cells: the library and the data are loaded once.
        Assert.Equal(4, bench.Executor.Jobs.Count);
        Assert.Equal(12, bench.Observer.Results.Count);

        var second = await bench.BuildAsync();
        Bench.AllUpToDate(second);
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(first.Metrics, second.Metrics);
    }

    [Fact]
    public async Task A_changed_option_reruns_what_depends_on_it_and_the_status_names_it()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Lipschitz = new() { Beta = 0.002 } });

        var status = bench.Status();
        Assert.Equal(TargetState.Stale, status["train/dq"].State);
        Assert.Equal(["lipschitz.beta: 0.001 → 0.002"], status["train/dq"].Reasons);
        Assert.Equal(["it needs train/dq, which is to be built"], status["evaluate/robustness/dq/pgd@8"].Reasons);
        Assert.All(status.Values.Where(s => !s.Target.Id.Contains("dq", StringComparison.Ordinal)), s => Assert.Equal(TargetState.UpToDate, s.State));

        var result = await bench.BuildAsync();
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Equal(s_dqCells, bench.Executor.Measured);
        Assert.Equal(6, result.Count(Outcome.UpToDate));
    }

    [Fact]
    public async Task Removing_an_option_that_was_not_at_its_default_reruns()
    {
        using var bench = new Bench();
        bench.ChangeModel("dq", m => m with { Augment = new() { Crop = 2 } });
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Augment = new() });
        Assert.Equal(["augment.crop: 2 → 4"], bench.Status()["train/dq"].Reasons);
    }

    [Fact]
    public async Task An_option_of_one_attack_reruns_its_cells_alone_and_a_new_strength_runs_alone()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.ChangeEvaluation(e => e with { Attacks = [e.Attacks[0], e.Attacks[1] with { Steps = 20 }] });
        Assert.Equal(["attack.steps: 0 → 20"], bench.Status()["evaluate/robustness/dq/pgd@8"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(4, bench.Executor.Measured.Count());
        Assert.All(bench.Executor.Measured, id => Assert.Contains("/pgd@", id, StringComparison.Ordinal));

        bench.ChangeEvaluation(e => e with { Epsilon = [2, 8, 0.5] });
        await bench.BuildAsync();
        Assert.Equal(["evaluate/robustness/dq/fgsm@0.5", "evaluate/robustness/dq/pgd@0.5", "evaluate/robustness/full/fgsm@0.5", "evaluate/robustness/full/pgd@0.5"], bench.Executor.Measured);
        Assert.Empty(bench.Executor.Trained);
    }

    [Fact]
    public async Task The_methods_version_the_threads_and_the_device_are_reasons_in_words()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.Method = new MethodVersions("train/2", "evaluate/1", "quantize/1", "package/1");
        bench.Change(p => p with { Threads = 4 });
        Assert.Equal(["the method's version: train/1 → train/2", "threads: 2 → 4"], bench.Status()["train/full"].Reasons);
        Assert.Equal(["threads: 2 → 4", "it needs train/full, which is to be built"], bench.Status()["evaluate/robustness/full/clean"].Reasons);

        var status = StatusReport.Create(bench.Workspace, bench.Graph(), bench.Options() with { Device = "cuda" });
        Assert.Contains("device: cpu → cuda", status[0].Reasons);
    }

    [Fact]
    public async Task A_renamed_model_keeps_its_result_and_the_old_name_leaves_the_lock()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.Change(p => p with
        {
            Train = Bench.Named(p.Train["full"], p.Train["dq"] with { Name = "robust", Group = "robust" }),
            Evaluate = Bench.Named(Bench.Evaluation("robustness", "full", "robust")),
        });
        var result = await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(6, result.Count(Outcome.FromLock));
        Assert.True(File.Exists(bench.Output("robust")));
        Assert.DoesNotContain("/dq", File.ReadAllText(bench.Workspace.LockPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_keys_are_trained_once_even_when_both_are_ready_at_once()
    {
        using var bench = new Bench();
        bench.Change(p => p with
        {
            Train = Bench.Named(Bench.Model("a"), Bench.Model("b"), Bench.Model("c")),
            Evaluate = Bench.Named(Bench.Evaluation("one", "a", "b"), Bench.Evaluation("two", "c")),
        });
        var result = await bench.BuildAsync(o => o with { Jobs = 4 });
        Assert.Equal(0, result.ExitCode);
        Assert.Single(bench.Executor.Trained);
        Assert.Equal(5, bench.Executor.Measured.Count());
        Assert.Equal(File.ReadAllBytes(bench.Output("a")), File.ReadAllBytes(bench.Output("c")));
        Assert.Equal(21, result.Metrics.Count);
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task Going_back_brings_the_old_results_back_without_a_worker()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var (lockBefore, modelBefore) = (bench.LockBytes(), File.ReadAllBytes(bench.Output("dq")));
        bench.ChangeModel("dq", m => m with { Lipschitz = new() { Beta = 0.002 } });
        await bench.BuildAsync();
        Assert.NotEqual(modelBefore, File.ReadAllBytes(bench.Output("dq")));

        bench.ChangeModel("dq", m => m with { Lipschitz = new() { Beta = 0.001 } });
        Assert.Contains("the cache has its result", bench.Status()["train/dq"].Reasons);
        var result = await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(6, result.Count(Outcome.FromCache));
        Assert.Equal(lockBefore, bench.LockBytes());
        Assert.Equal(modelBefore, File.ReadAllBytes(bench.Output("dq")));
    }

    [Fact]
    public async Task The_same_bits_of_a_retrained_model_leave_its_cells_up_to_date()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var result = await bench.BuildAsync(o => o with { Force = true }, select: "dq");
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Equal(Outcome.Built, Assert.Single(result.Targets).Outcome);
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task Other_bits_of_a_retrained_model_rerun_its_cells()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.Executor.Machine = "another";
        await bench.BuildAsync(o => o with { Force = true }, select: "dq");
        Assert.Equal(["the model 'dq' changed"], bench.Status()["evaluate/robustness/dq/clean"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(s_dqCells, bench.Executor.Measured);
    }

    [Fact]
    public async Task Force_reruns_what_was_selected_and_not_what_it_needs()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        await bench.BuildAsync(o => o with { Force = true }, select: "robustness/dq/pgd@8");
        Assert.Empty(bench.Executor.Trained);
        Assert.Equal(["evaluate/robustness/dq/pgd@8"], bench.Executor.Measured);
    }

    [Fact]
    public async Task Names_places_and_the_order_of_declarations_are_in_no_key()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var before = bench.LockBytes();
        bench.Change(p => p with
        {
            Train = Bench.Named(p.Train["dq"] with { Place = new("dq.json", 77, 1) }, p.Train["full"]),
            Evaluate = Bench.Named(Bench.Evaluation("robustness", "dq", "full") with { Attacks = [.. p.Evaluate["robustness"].Attacks.Reverse()], Epsilon = [8, 2] }),
        });
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task A_status_of_a_workspace_never_built_says_so_and_leaves_nothing_behind()
    {
        using var bench = new Bench();
        Assert.All(bench.Status().Values, s => Assert.Equal((TargetState.NeverBuilt, "never built"), (s.State, s.Reasons[0])));
        Assert.Empty(Directory.GetFileSystemEntries(bench.Folder));
        Assert.Empty(bench.Metrics());
        await bench.BuildOfAsync("full");
        Assert.Equal(TargetState.UpToDate, bench.Status()["train/full"].State);
    }
}
