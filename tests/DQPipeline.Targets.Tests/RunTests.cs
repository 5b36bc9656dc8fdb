using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Tests;

public class RunTests
{
    [Fact]
    public async Task A_failed_target_fails_alone_and_skips_only_what_needs_it()
    {
        using var bench = new Bench();
        bench.Executor.Before = (job, _) => job.Name == "train/full" ? throw new DqException("DQ3004", "the loss is not a number") : Task.CompletedTask;
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal((1, 5, 6), (result.Count(Outcome.Failed), result.Count(Outcome.Skipped), result.Count(Outcome.Built)));
        var error = result.Diagnostics[0];
        Assert.Equal(("DQ3004", new SourcePlace("dq.json", 5, 3)), (error.Code, error.Place));
        var skipped = Assert.Single(result.Diagnostics, d => d.Code == "DQ6006");
        Assert.Contains("train/full failed", skipped.Message, StringComparison.Ordinal);
        Assert.Contains(result.Targets, t => t.Why == "it needs train/full, which failed");

        bench.Executor.Before = (_, _) => Task.CompletedTask;
        var next = await bench.BuildAsync();
        Assert.Equal((0, 6), (next.ExitCode, next.Count(Outcome.UpToDate)));
        Assert.Equal(["train/full"], bench.Executor.Trained);
    }

    /// <summary>A job that cannot be prepared ends before any worker starts; what needs it is skipped for it, and not cancelled.</summary>
    [Fact]
    public async Task What_needs_a_target_that_cannot_even_begin_is_skipped()
    {
        using var bench = new Bench();
        Directory.CreateDirectory(bench.Workspace.DqFolder);
        File.WriteAllText(bench.Workspace.CheckpointsFolder, "no folder");
        var result = await bench.BuildAsync();
        Assert.Equal((1, 2, 10), (result.ExitCode, result.Count(Outcome.Failed), result.Count(Outcome.Skipped)));
        Assert.Equal(12, bench.Observer.Results.Count);
    }

    [Fact]
    public async Task A_worker_that_dies_half_way_keeps_the_cells_it_has_measured()
    {
        using var bench = new Bench();
        bench.Executor.BeforeCell = cell =>
        {
            if (cell.Id == "evaluate/robustness/dq/fgsm@8")
                throw new DqException(DiagnosticCodes.WorkerDied, "killed");
        };
        var result = await bench.BuildAsync();
        Assert.Equal((1, 9, 3), (result.ExitCode, result.Count(Outcome.Built), result.Count(Outcome.Failed)));
        Assert.Single(result.Diagnostics);

        bench.Executor.BeforeCell = _ => { };
        await bench.BuildAsync();
        Assert.Equal(["evaluate/robustness/dq/fgsm@8", "evaluate/robustness/dq/pgd@2", "evaluate/robustness/dq/pgd@8"], bench.Executor.Measured);
    }

    [Fact]
    public async Task An_unforeseen_failure_is_a_coded_error_with_its_trace_in_the_log_alone()
    {
        using var bench = new Bench();
        bench.Executor.Before = (_, _) => throw new InvalidCastException("oops");
        var result = await bench.BuildOfAsync("dq");
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal("DQ6999", error.Code);
        Assert.DoesNotContain(" at ", error.Message, StringComparison.Ordinal);
        Assert.Contains("InvalidCastException", File.ReadAllText(bench.Workspace.LogPath("train/dq")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_done_without_its_output_has_failed()
    {
        using var bench = new Bench();
        var builder = new Builder(bench.Workspace, bench.Graph(), new Idle(), bench.Options());
        var result = await builder.RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.All(result.Diagnostics.Where(d => d.Severity == Severity.Error), d => Assert.Equal("DQ6003", d.Code));
        Assert.False(File.Exists(bench.Workspace.LockPath));
    }

    /// <summary>Of what ended on a cluster nothing is thrown away before it is in the cache.</summary>
    [Fact]
    public async Task What_is_made_stays_where_it_is_until_the_cache_has_room_for_it()
    {
        using var bench = new Bench();
        var objects = Path.Combine(bench.Workspace.CacheFolder, "objects");
        bench.Executor.AfterReading = () =>
        {
            Directory.CreateDirectory(bench.Workspace.CacheFolder);
            File.WriteAllText(objects, "no folder");
        };
        var result = await bench.BuildOfAsync("train/dq");
        Assert.Equal((1, "DQ6004"), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
        Assert.Empty(bench.Executor.Released);

        File.Delete(objects);
        bench.Executor.AfterReading = () => { };
        Assert.Equal(0, (await bench.BuildOfAsync("train/dq")).ExitCode);
        Assert.Single(bench.Executor.Released);
    }

    [Fact]
    public async Task Cancelling_keeps_what_is_done_and_the_checkpoints_and_the_next_build_goes_on()
    {
        using var bench = new Bench();
        using var cancel = new CancellationTokenSource();
        bench.Executor.Before = async (job, token) =>
        {
            if (job is TrainJob { Name: "train/dq" } train)
            {
                File.WriteAllText(Path.Combine(train.CheckpointFolder, "checkpoint"), "half");
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        var result = await bench.BuildAsync(cancellation: cancel.Token);
        Assert.Equal(130, result.ExitCode);
        Assert.Equal(1, result.Count(Outcome.Built));
        Assert.Equal(11, result.Count(Outcome.Cancelled));
        Assert.Empty(result.Diagnostics);
        Assert.Equal("half", File.ReadAllText(Assert.Single(Directory.GetFiles(bench.Workspace.CheckpointsFolder, "checkpoint", SearchOption.AllDirectories))));

        bench.Executor.Before = (job, _) =>
        {
            if (job is TrainJob train)
                Assert.True(File.Exists(Path.Combine(train.CheckpointFolder, "checkpoint")));
            return Task.CompletedTask;
        };
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Empty(Directory.GetDirectories(bench.Workspace.CheckpointsFolder));
    }

    /// <summary>Forced, or because the bytes of its model are lost: that a result of the same key is in the cache says nothing of the training that goes on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_training_that_is_done_over_goes_on_from_its_checkpoint_too(bool forced)
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        if (!forced)
        {
            File.Delete(bench.Output("dq"));
            Directory.Delete(Path.Combine(bench.Workspace.CacheFolder, "objects"), recursive: true);
        }

        using var cancel = new CancellationTokenSource();
        var begun = 0;
        bench.Executor.Before = async (job, token) =>
        {
            var checkpoint = Path.Combine(((TrainJob)job).CheckpointFolder, "checkpoint");
            if (begun++ > 0)
            {
                Assert.Equal("half", File.ReadAllText(checkpoint));
                return;
            }

            File.WriteAllText(checkpoint, "half");
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
        };
        Assert.Equal(130, (await bench.BuildAsync(options => options with { Force = forced }, cancel.Token, "train/dq")).ExitCode);
        Assert.Equal(0, (await bench.BuildAsync(options => options with { Force = forced }, select: "train/dq")).ExitCode);
        Assert.Equal(2, begun);
        Assert.Empty(Directory.GetDirectories(bench.Workspace.CheckpointsFolder));
    }

    /// <summary>What a cluster is at work on is taken in, be there an earlier result of it; what it is at work on with other inputs is not.</summary>
    [Fact]
    public async Task What_is_being_made_elsewhere_is_not_up_to_date()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var key = JsonDocument.Parse(bench.LockBytes()).RootElement.GetProperty("targets").GetProperty("train/dq").GetProperty("key").GetString()!;
        Submit(new('0', 64));
        Bench.AllUpToDate(await bench.BuildAsync(options => options with { TakesUp = true }));
        Submit(key);
        Bench.AllUpToDate(await bench.BuildAsync());
        var result = await bench.BuildAsync(options => options with { TakesUp = true });
        Assert.Equal(["train/dq"], bench.Executor.Jobs.Select(job => job.Name));
        Assert.Equal((0, 1), (result.ExitCode, result.Count(Outcome.Built)));
        // Even what is done and was not yet taken in: the record is of the result before.
        var events = Path.Combine(bench.Workspace.SlurmFolder, "one", "events.jsonl");
        File.WriteAllText(events, """{"event":"done"}""" + "\n");
        _ = await bench.BuildAsync(options => options with { TakesUp = true });
        Assert.Equal(["train/dq"], bench.Executor.Trained);

        // Done, and recorded by then: nobody follows it any more.
        File.WriteAllText(events, """
            ==== Slurm job 7, start 1, on a
            {"event":"done"}
            ==== Slurm job 7, start 2, on b

            """);
        var checkpoint = Path.Combine(bench.Workspace.CheckpointsFolder, key);
        Directory.CreateDirectory(checkpoint);
        bench.ChangeEvaluation(evaluation => evaluation with { Epsilon = [3] });
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Assert.Single(SubmittedJobs.In(bench.Workspace).All());
        Assert.True(Directory.Exists(checkpoint), "a job that is at work again has lost its checkpoint");
        File.AppendAllText(events, """{"event":"done"}""" + "\n");
        bench.ChangeEvaluation(evaluation => evaluation with { Epsilon = [4] });
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Assert.Empty(SubmittedJobs.In(bench.Workspace).All());
        Assert.False(Directory.Exists(checkpoint));

        void Submit(string of) => SubmittedJob.Create(bench.Workspace, Path.Combine(bench.Workspace.SlurmFolder, "one"), SlurmBench.Work("train/dq", of));
    }

    /// <summary>A disk that was full for a moment on the first day is no failure of what ends on the third.</summary>
    [Fact]
    public async Task That_the_lock_could_not_be_written_for_a_while_is_forgotten_once_it_can()
    {
        using var bench = new Bench { Time = new TestClock { Step = TimeSpan.FromSeconds(3) } };
        var (tried, aside) = (false, Path.Combine(bench.Folder, "aside"));
        Directory.CreateDirectory(Path.Combine(aside, "in the way"));
        bench.Executor.Before = (job, _) =>
        {
            // Between the two trainings, so that the first's record meets it.
            if (job.Name == "train/full")
                Directory.Move(aside, bench.Workspace.LockPath);
            else if (Directory.Exists(bench.Workspace.LockPath))
            {
                tried = bench.Observer.Results.Count > 0;
                Directory.Move(bench.Workspace.LockPath, aside);
            }

            return Task.CompletedTask;
        };
        var result = await bench.BuildAsync();
        Assert.True(tried);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Diagnostics);
        Assert.True(File.Exists(bench.Workspace.LockPath));
    }

    [Fact]
    public async Task A_build_that_is_killed_loses_no_finished_result()
    {
        // On which no time passes: dq.lock is written at intervals.
        using var bench = new Bench { Time = new TestClock() };
        var full = new TaskCompletionSource();
        bench.Executor.Before = async (job, token) =>
        {
            if (job.Name != "train/full")
            {
                full.TrySetResult();
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        // A build that never comes to its end: what a kill leaves is what lies on the disk at that moment.
        using var killed = new CancellationTokenSource();
        var build = bench.BuildAsync(cancellation: killed.Token);
        await full.Task;
        using var after = new Bench(Copy(bench.Folder));
        await killed.CancelAsync();
        await build;
        Assert.False(File.Exists(after.Workspace.LockPath));
        var result = await after.BuildAsync();
        Assert.Equal(["train/dq"], after.Executor.Trained);
        Assert.Equal((0, Outcome.FromCache), (result.ExitCode, result.Targets[0].Outcome));
    }

    [Fact]
    public async Task A_second_build_waits_for_the_first_and_finds_its_work_done()
    {
        using var bench = new Bench();
        var waiting = new TaskCompletionSource<string>();
        bench.Executor.Before = (_, _) => waiting.Task;
        var first = bench.BuildAsync();
        var observer = new Recorder { OnWaiting = waiting.SetResult };
        var idle = new FakeExecutor();
        var second = await new Builder(bench.Workspace, bench.Graph(), idle, bench.Options(), observer).RunAsync();
        Assert.Equal(0, (await first).ExitCode);
        Assert.Contains($"process {Environment.ProcessId}", Assert.Single(observer.Waits), StringComparison.Ordinal);
        Bench.AllUpToDate(second);
        Assert.Empty(idle.Jobs);
        Assert.Single(observer.Plans);
    }

    [Fact]
    public async Task What_killed_builds_left_half_written_is_swept()
    {
        using var bench = new Bench();
        await bench.BuildOfAsync("full");
        string[] left =
        [
            bench.Workspace.LockPath + ".tmp-1", Path.Combine(bench.Workspace.StateFolder, "files.tmp-1"), Path.Combine(bench.Workspace.CacheFolder, "tmp", "x.tmp-1"),
            Path.Combine(Directory.CreateDirectory(Path.Combine(bench.Workspace.WorkFolder, "old")).FullName, "model"),
            Path.Combine(Directory.CreateDirectory(Path.GetDirectoryName(bench.Output("dq"))!).FullName, "model.safetensors.tmp-1"),
        ];
        foreach (var path in left)
            File.WriteAllText(path, "half");
        await bench.BuildAsync();
        Assert.All(left, path => Assert.False(File.Exists(path), path));
    }

    [Fact]
    public async Task Jobs_run_beside_each_other_up_to_the_number_allowed()
    {
        using var bench = new Bench();
        bench.Change(p => p with
        {
            Train = Bench.Named([.. Enumerable.Range(1, 6).Select(i => Bench.Model("m" + i) with { Epochs = i })]),
            Evaluate = new Dictionary<string, EvaluateDeclaration>(),
        });
        var three = new CountdownEvent(3);
        bench.Executor.Before = (_, token) => Task.Run(() =>
        {
            if (!three.IsSet)
                three.Signal();
            three.Wait(token);
        }, token);
        Assert.Equal(0, (await bench.BuildAsync(o => o with { Jobs = 3 })).ExitCode);
        Assert.Equal(3, bench.Executor.MostAtOnce);
    }

    [Fact]
    public async Task The_plan_says_beforehand_what_is_done_and_why()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Epochs = 3 });
        await bench.BuildAsync();
        var plan = Assert.Single(bench.Observer.Plans);
        Assert.True(plan.NeedsWorkers);
        Assert.Equal((PlannedAction.Run, "epochs: 10 → 3"), (plan.Targets[1].Action, plan.Targets[1].Reasons[0]));
        Assert.Equal(5, plan.Targets.Count(t => t.Action == PlannedAction.Wait));
        Assert.Equal(6, plan.Targets.Count(t => t.Action == PlannedAction.None));
        Assert.Equal(5, bench.Observer.Metrics.Count);
    }

    private static string Copy(string folder)
    {
        var copy = Directory.CreateTempSubdirectory("dq-targets-").FullName;
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("build.lock", StringComparison.Ordinal)))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    private sealed class Idle : IExecutor
    {
        public Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation) => Task.FromResult(new DoneEvent());
    }
}
