using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

public class OutputTests
{
    [Fact]
    public async Task A_deleted_output_is_noticed_and_put_back_without_a_worker()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var bytes = File.ReadAllBytes(bench.Output("dq"));
        File.Delete(bench.Output("dq"));
        Assert.Equal((TargetState.Stale, "output model.safetensors is missing"), (bench.Status()["train/dq"].State, bench.Status()["train/dq"].Reasons[0]));
        Assert.Equal(TargetState.UpToDate, bench.Status()["evaluate/robustness/dq/clean"].State);
        var result = await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(1, result.Count(Outcome.FromCache));
        Assert.Equal(bytes, File.ReadAllBytes(bench.Output("dq")));
    }

    [Fact]
    public async Task A_changed_output_is_noticed_even_at_the_same_size_and_time()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var path = bench.Output("dq");
        var (bytes, time) = (File.ReadAllBytes(path), File.GetLastWriteTimeUtc(path));
        File.WriteAllBytes(path, [.. bytes.Select(b => (byte)~b)]);
        File.SetLastWriteTimeUtc(path, time);
        Assert.Contains("output model.safetensors changed", bench.Status()["train/dq"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_deleted_output_that_the_cache_has_lost_too_is_built_again()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var before = bench.LockBytes();
        Directory.Delete(bench.Workspace.CacheFolder, recursive: true);
        File.Delete(bench.Output("dq"));
        await bench.BuildAsync();
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Empty(bench.Executor.Measured);
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task A_clean_clone_is_up_to_date_without_bytes_and_its_gates_are_held()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        Assert.All(bench.Status().Values, s => Assert.Equal(TargetState.UpToDate, s.State));
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.False(Directory.Exists(bench.Workspace.OutFolder));

        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = "dq", AtLeast = 1 }] });
        Assert.Equal(3, (await bench.BuildAsync()).ExitCode);
    }

    [Fact]
    public async Task On_a_clean_clone_a_model_is_rebuilt_when_a_new_measurement_reads_it()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        bench.ChangeEvaluation(e => e with { Models = ["dq"], Attacks = [.. e.Attacks, new() { Kind = "bim", Name = "bim" }] });
        Assert.Equal(["output model.safetensors is needed, and is not here"], bench.Status()["train/dq"].Reasons);
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Equal(["evaluate/robustness/dq/bim@2", "evaluate/robustness/dq/bim@8"], bench.Executor.Measured);
    }

    [Fact]
    public async Task On_a_clean_clone_of_another_machine_a_retrained_model_is_measured_anew()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        bench.Executor.Machine = "another";
        bench.ChangeEvaluation(e => e with { Models = ["dq"], Epsilon = [2, 4] });
        await bench.BuildAsync();
        Assert.Equal(5, bench.Executor.Measured.Count());
    }

    [Fact]
    public async Task Fetch_brings_the_bytes_of_what_is_selected()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        await bench.BuildAsync(o => o with { Fetch = ["dq"] }, select: "dq");
        Assert.True(File.Exists(bench.Output("dq")));
        Assert.False(File.Exists(bench.Output("full")));
        Directory.Delete(bench.Workspace.OutFolder, recursive: true);
        Assert.Equal(1, (await bench.BuildAsync(o => o with { Fetch = ["dq"] }, select: "dq")).Count(Outcome.FromCache));
    }

    [Fact]
    public async Task A_damaged_object_of_the_cache_is_found_out_removed_and_rebuilt()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var good = File.ReadAllBytes(bench.Output("dq"));
        foreach (var path in Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "objects"), "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(path);
            bytes[7] ^= 1;
            File.WriteAllBytes(path, bytes);
        }

        File.Delete(bench.Output("dq"));
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("DQ6001", Assert.Single(result.Diagnostics).Code);
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Equal(good, File.ReadAllBytes(bench.Output("dq")));
    }

    /// <summary>A bad sector under an object, as /proc/self/mem has at its beginning: nothing that cannot be written, and so no failure of the target.</summary>
    [Fact]
    public void An_object_that_cannot_be_read_is_no_sound_copy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has a file that opens and cannot be read");
        using var to = new MemoryStream();
        Assert.Null(ContentHash.Copy("/proc/self/mem", to));
        Assert.Null(ContentHash.Copy("/no/such/file", to));
        Assert.Equal(0, to.Length);
    }

    [Fact]
    public async Task A_damaged_result_of_the_cache_is_found_out_removed_and_rebuilt()
    {
        using var bench = new Bench();
        await bench.BuildOfAsync("dq");
        File.Delete(bench.Workspace.LockPath);
        var path = Assert.Single(Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "results"), "*", SearchOption.AllDirectories));
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"size\":64", "\"size\":65", StringComparison.Ordinal));
        var result = await bench.BuildOfAsync("dq");
        Assert.Equal("DQ6001", Assert.Single(result.Diagnostics).Code);
        Assert.Equal(Severity.Warning, result.Diagnostics[0].Severity);
        Assert.Equal(["train/dq"], bench.Executor.Trained);
    }

    [Fact]
    public async Task A_damaged_memory_of_stamps_costs_only_hashing()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var state = Path.Combine(bench.Workspace.StateFolder, "files");
        Assert.True(File.Exists(state));
        File.WriteAllText(state, "nonsense");
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task Cleaning_removes_outputs_and_on_demand_the_rest_and_never_the_lock()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        Assert.True(Cleaning.Run(bench.Workspace, CleanScope.Outputs) > 0);
        Assert.False(File.Exists(bench.Output("dq")));
        Assert.Equal(2, (await bench.BuildAsync()).Count(Outcome.FromCache));

        Cleaning.Run(bench.Workspace, CleanScope.Cache | CleanScope.Checkpoints | CleanScope.Logs);
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.False(File.Exists(bench.Output("dq")));
    }

    [Fact]
    public async Task The_folder_of_builds_keeps_itself_out_of_git()
    {
        using var bench = new Bench();
        await bench.BuildOfAsync("dq");
        Assert.Equal("*\n", File.ReadAllText(Path.Combine(bench.Workspace.DqFolder, ".gitignore")));
        Assert.Equal(Path.Combine(bench.Folder, ".dq", "out", "dq", TrainTarget.ModelFile), bench.Output("dq"));
    }
}
