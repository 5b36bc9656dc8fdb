using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Tests;

/// <summary>What was submitted and left alone, as by a front end that died, and who comes after it.</summary>
public sealed class SlurmAttachTests : SlurmBench
{
    [Fact]
    public async Task Whoever_comes_after_a_front_ends_death_follows_the_same_job_and_hears_it_from_its_beginning()
    {
        var evaluation = Job("evaluate/robustness/dq", ("a", "1"), ("b", "2"), ("c", "3"));
        await SubmitAndDieAsync(evaluation);
        _slurm.OnAsk($$"""printf '%s\n' '{"event":"cell","id":"b","samples":10,"correct":7,"standing":""}' '{{Done}}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'""");
        // One of its cells is recorded already, so the rest alone is wanted.
        var heard = new Heard();
        Assert.Equal(0.5, (await RunAsync(Job("evaluate/robustness/dq", ("b", "2"), ("c", "3")), heard)).Metrics["accuracy"]);
        Assert.Equal(["goes on as Slurm job 7"], heard.Messages);
        Assert.Equal(["b"], heard.Cells);
        Assert.Single(_slurm.Submissions());
    }

    [Fact]
    public async Task A_job_of_other_inputs_is_cancelled_before_its_targets_are_submitted_anew()
    {
        await SubmitAndDieAsync(Job("train/dq", ("train/dq", "1")));
        _slurm.OnSubmit("echo 8");
        _slurm.OnAsk($"""echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '8|RUNNING|None'""");
        _ = await RunAsync(Job("train/dq", ("train/dq", "other")));
        Assert.Equal(["7"], _slurm.Calls("scancel"));
        Assert.Equal(2, _slurm.Submissions().Count);
    }

    [Theory]
    [InlineData("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")]
    [InlineData("echo '7|CANCELLED|None'")]
    public async Task A_job_that_came_to_nothing_while_nobody_looked_is_submitted_anew(string answer)
    {
        await SubmitAndDieAsync(Job("train/dq"));
        _slurm.OnSubmit("echo 8");
        _slurm.OnAsk($"""case "$*" in *--jobs=8*) echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '8|RUNNING|None';; *) {answer};; esac""");
        var heard = new Heard();
        _ = await RunAsync(Job("train/dq"), heard);
        Assert.Equal(["goes on as Slurm job 7", "submitted as Slurm job 8"], heard.Messages);
    }

    [Fact]
    public async Task A_front_end_that_died_before_it_knew_the_id_leaves_a_job_that_is_found_by_its_comment()
    {
        await SubmitAndDieAsync(Job("train/dq"));
        var folder = File.ReadAllText(_slurm.At("folder")).Trim();
        File.Delete(Path.Combine(folder, "id"));
        _slurm.OnAsk($"""case "$*" in *%k*) echo '5|(null)'; echo '7|dq:{Path.GetFileName(folder)}';; *) echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None';; esac""");
        var heard = new Heard();
        _ = await RunAsync(Job("train/dq"), heard);
        Assert.Equal(["goes on as Slurm job 7"], heard.Messages);
        Assert.Single(_slurm.Submissions());
    }

    /// <summary>Slurm forgets a job minutes after its end; what it left is a result all the same.</summary>
    [Fact]
    public async Task A_job_that_ended_and_is_forgotten_before_anybody_knew_its_id_is_taken_in()
    {
        await SubmitAndDieAsync(Job("train/dq"));
        var folder = File.ReadAllText(_slurm.At("folder")).Trim();
        File.Delete(Path.Combine(folder, "id"));
        File.AppendAllText(Path.Combine(folder, "events.jsonl"), $"\n==== Slurm job 7, start 1, on a\n{Done}\n");
        _slurm.OnAsk("exit 0");
        var heard = new Heard();
        Assert.Equal(0.5, (await RunAsync(Job("train/dq"), heard)).Metrics["accuracy"]);
        Assert.Equal(["goes on as Slurm job 7"], heard.Messages);
        Assert.Single(_slurm.Submissions());
    }

    /// <summary>A front end that is killed between a job's end and the record of its result, or finds the disk full then, has lost nothing.</summary>
    [Fact]
    public async Task What_a_job_made_stays_with_it_until_it_is_taken_in()
    {
        var job = Job("train/dq");
        Directory.CreateDirectory(job.OutputFolder);
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk("""mkdir "$(cat $S/folder)/out"; echo model > "$(cat $S/folder)/out/model.safetensors"; echo '{"event":"done","outputs":["model.safetensors"]}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'""");
        var made = Path.Combine(job.OutputFolder, "model.safetensors");
        for (var front = 0; front < 2; front++)
        {
            using var executor = Executor();
            Assert.Equal(["model.safetensors"], (await executor.RunAsync(job, new Heard(), default)).Outputs);
            Assert.Equal("model\n", File.ReadAllText(made));
            File.Delete(made);
            if (front == 1)
                executor.Forget(job);
        }

        Assert.Single(_slurm.Submissions());
        Assert.Empty(Directory.GetDirectories(_bench.Workspace.SlurmFolder));
    }

    /// <summary>Begun anew after its end, as when a node comes up again while the controller is down: what it had made is gone, and it is followed until it has made it again.</summary>
    [Fact]
    public async Task A_job_that_was_done_and_is_at_work_again_is_not_done()
    {
        var job = Job("train/dq");
        await SubmitAndDieAsync(job);
        var folder = File.ReadAllText(_slurm.At("folder")).Trim();
        File.AppendAllText(Path.Combine(folder, "events.jsonl"), $"\n==== Slurm job 7, start 1, on a\n{Done}\n\n==== Slurm job 7, start 2, on b\n");
        _slurm.OnAsk("""echo '{"event":"done","metrics":{"accuracy":0.75}}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'""");
        Assert.Equal(0.75, (await RunAsync(job)).Metrics["accuracy"]);
    }

    /// <summary>Cells that were ready one after the other, and are ready together when somebody comes back: what was submitted is followed, and the rest alone is submitted.</summary>
    [Fact]
    public async Task Work_that_is_with_Slurm_in_parts_is_followed_in_parts_and_the_rest_submitted()
    {
        const string cell = """{"event":"cell","id":"ID","samples":10,"correct":7,"standing":""}""";
        await SubmitAndDieAsync(Cells(("a", "1"), ("b", "2")));
        await SubmitAndDieAsync(Cells(("c", "3"), ("d", "4")), id: 8);
        _slurm.OnSubmit("echo 9");
        foreach (var folder in Directory.GetDirectories(_bench.Workspace.SlurmFolder))
        {
            var mine = File.ReadAllText(Path.Combine(folder, "id")) == "7" ? "a" : "c";
            File.AppendAllText(Path.Combine(folder, "events.jsonl"), cell.Replace("ID", mine, StringComparison.Ordinal) + $"\n{Done}\n");
        }

        _slurm.OnAsk($$"""echo '{{cell.Replace("ID", "e", StringComparison.Ordinal)}}' >> "$(cat $S/folder)/events.jsonl"; echo '{{Done}}' >> "$(cat $S/folder)/events.jsonl"; echo '9|RUNNING|None'""");
        var heard = new Heard();
        _ = await RunAsync(Cells(("a", "1"), ("b", "2"), ("c", "3"), ("e", "5")), heard);
        Assert.Equal(["goes on as Slurm job 7", "goes on as Slurm job 8", "submitted as Slurm job 9"], heard.Messages.Order(StringComparer.Ordinal));
        Assert.Equal(["a", "c", "e"], heard.Cells.Order(StringComparer.Ordinal));
        Assert.Empty(_slurm.Calls("scancel"));
        Assert.Equal(3, _slurm.Submissions().Count);
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    [Fact]
    public async Task The_rest_of_a_job_is_of_the_cells_that_nobody_makes()
    {
        await SubmitAndDieAsync(Cells(("a", "1"), ("b", "2")));
        using var executor = Executor();
        using var stop = new CancellationTokenSource();
        _slurm.OnAsk("[ -e $S/scancel.calls ] && exit 0; echo '7|RUNNING|None'; echo '8|RUNNING|None'");
        _slurm.OnSubmit("echo 8");
        var rest = "";
        var heard = new Heard
        {
            OnMessage = text =>
            {
                if (!text.StartsWith("submitted", StringComparison.Ordinal))
                    return;
                rest = File.ReadAllText(Path.Combine(File.ReadAllText(_slurm.At("folder")).Trim(), "job.json"));
                stop.Cancel();
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => executor.RunAsync(Cells(("b", "2"), ("c", "3"), ("d", "4")), heard, stop.Token));
        Assert.Equal(["c", "d"], System.Text.Json.JsonDocument.Parse(rest).RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("id").GetString()));
    }

    /// <summary>Whoever found its result long made must not be submitted once more as a member of its matrix.</summary>
    [Fact]
    public async Task A_member_whose_job_is_found_done_is_not_submitted_again_with_its_siblings()
    {
        await SubmitAndDieAsync(Job("train/m@bits=1") with { Matrix = "train/m" });
        File.AppendAllText(Path.Combine(File.ReadAllText(_slurm.At("folder")).Trim(), "events.jsonl"), Done + "\n");
        _slurm.OnSubmit("echo 8");
        _slurm.OnAsk($"""echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '8|RUNNING|None'""");
        WorkerJob[] jobs = [Job("train/m@bits=1") with { Matrix = "train/m" }, Job("train/m@bits=2") with { Matrix = "train/m" }];
        using var executor = Executor();
        executor.Expect(jobs);
        foreach (var job in jobs)
        {
            _ = await executor.RunAsync(job, new Heard(), default);
            executor.Forget(job);
        }

        Assert.DoesNotContain(_slurm.Submissions()[^1], argument => argument.StartsWith("--array", StringComparison.Ordinal));
        Assert.Equal(2, _slurm.Submissions().Count);
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    /// <summary>A network file system goes on saying for a while that a file is not there which was once looked for.</summary>
    [Fact]
    public async Task What_is_followed_is_there_before_anybody_looks_for_it()
    {
        await SubmitAndDieAsync(Job("train/dq"));
        var folder = File.ReadAllText(_slurm.At("folder")).Trim();
        Assert.True(File.Exists(Path.Combine(folder, "events.jsonl")));
        Assert.True(File.Exists(Path.Combine(folder, "printed.log")));
    }

    [Fact]
    public async Task What_is_with_Slurm_is_not_run_here_as_well()
    {
        await SubmitAndDieAsync(Job("train/dq"));
        var local = new ProcessExecutor(_bench.Workspace, "/no/such/program", []);
        Assert.Equal("DQ6022", (await Assert.ThrowsAsync<DqException>(() => local.RunAsync(Job("train/dq"), new Heard(), default))).Diagnostics[0].Code);
        // A job that waits reads models among the outputs.
        foreach (var scope in (CleanScope[])[CleanScope.Outputs, CleanScope.Cache, CleanScope.Checkpoints])
            Assert.Equal("DQ6022", Assert.Throws<DqException>(() => Cleaning.Run(_bench.Workspace, scope)).Diagnostics[0].Code);
        Assert.Equal("DQ6022", Assert.Throws<DqException>(() => CacheKeeping.Collect(_bench.Workspace, DateTimeOffset.UtcNow)).Diagnostics[0].Code);
        using var executor = Executor();
        await executor.CancelAllAsync(default);
        _ = Cleaning.Run(_bench.Workspace, CleanScope.Checkpoints);
        Assert.Equal(["7"], _slurm.Calls("scancel"));
        Assert.Equal("DQ6003", (await Assert.ThrowsAsync<DqException>(() => local.RunAsync(Job("train/dq"), new Heard(), default))).Diagnostics[0].Code);
    }
}
