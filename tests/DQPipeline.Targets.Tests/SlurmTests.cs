using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Tests;

/// <summary>What a cluster may do to a build, by a Slurm of shell scripts: DQPipeline.Journeys has a real one.</summary>
public sealed class SlurmTests : SlurmBench
{
    [Fact]
    public async Task A_job_is_submitted_with_what_is_declared_and_followed_to_its_end()
    {
        // The first answer finds it waiting, the second at work.
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk($"""echo x >> $S/asked; case $(wc -l < $S/asked) in 1) echo '7|PENDING|QOSMaxJobs';; 2) echo '7|RUNNING|None';; *) echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|COMPLETED|None';; esac""");
        var heard = new Heard();
        var settings = new SlurmDeclaration { Partition = "gpu", Time = "1:00:00", Memory = "4G", Gpus = 2, Options = ["--account=vision", "--nice=3"] };
        var done = await RunAsync(Job("train/dq"), heard, settings: settings);
        Assert.Equal(0.5, done.Metrics["accuracy"]);
        var asked = _slurm.Submissions().Single();
        foreach (var wanted in (string[])["--parsable", "--requeue", "--open-mode=append", "--job-name=train/dq", "--cpus-per-task=3", "--partition=gpu", "--time=1:00:00", "--mem=4G", "--gres=gpu:2", "--account=vision", "--nice=3", $"--chdir={_bench.Folder}"])
            Assert.Contains(wanted, asked);
        Assert.Equal(["submitted as Slurm job 7", "Slurm job 7 waits: QOSMaxJobs"], heard.Messages);
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
        Assert.Contains("is Slurm job 7", File.ReadAllText(_bench.Workspace.LogPath("train/dq")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submission_that_is_refused_is_a_coded_error_in_the_clusters_words()
    {
        _slurm.OnSubmit("echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1");
        var error = await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")));
        Assert.Equal("DQ6020", error.Diagnostics[0].Code);
        Assert.Contains("invalid partition specified: gpu", error.Message, StringComparison.Ordinal);
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    [Theory]
    [InlineData("Submitted batch job seven")]
    [InlineData("")]
    [InlineData("7;cluster;more words")]
    public async Task An_answer_to_a_submission_that_is_no_id_is_a_coded_error(string answer)
    {
        _slurm.OnSubmit($"echo '{answer}'");
        Assert.Equal("DQ6020", (await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")))).Diagnostics[0].Code);
    }

    [Theory]
    [InlineData("true", "submitted as Slurm job 9", 2)]
    [InlineData("echo \"7|$(cat $S/comment)\"", "submitted as Slurm job 7", 1)]
    public async Task A_submission_to_a_controller_that_starts_anew_is_made_once_and_only_once(string queue, string message, int submissions)
    {
        // Whether the first was taken, only the queue knows.
        _slurm.OnSubmit("""
            for one; do case "$one" in --comment=*) echo "${one#--comment=}" > $S/comment;; esac; done
            if [ -e $S/tried ]; then echo 9; else touch $S/tried; echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1; fi
            """);
        _slurm.OnAsk($"""
            case "$*" in *%k*) if [ ! -e $S/told ]; then touch $S/told; echo 'connect failure' >&2; exit 1; fi; {queue};;
            *) echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'; echo '9|RUNNING|None';; esac
            """);
        var heard = new Heard();
        _ = await RunAsync(Job("train/dq"), heard);
        Assert.Equal([message], heard.Messages);
        Assert.Equal(submissions, _slurm.Submissions().Count);
    }

    [Fact]
    public async Task Without_Slurms_commands_the_error_says_so()
    {
        File.Delete(_slurm.At("sbatch"));
        var error = await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")));
        Assert.Equal("DQ6020", error.Diagnostics[0].Code);
        Assert.Contains("sbatch cannot be run here", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2; exit 1")]
    [InlineData("echo 'squeue: warning'")]
    [InlineData("echo '7|'")]
    [InlineData("echo 'x|RUNNING|None'")]
    public async Task A_controller_that_is_silent_or_confused_for_a_while_ends_nothing(string answer)
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk($"""echo x >> $S/asked; if [ $(wc -l < $S/asked) -lt 5 ]; then {answer}; else echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'; fi""");
        var heard = new Heard();
        Assert.Equal(0.5, (await RunAsync(Job("train/dq"), heard)).Metrics["accuracy"]);
        // Told once, however often it was asked.
        Assert.Single(heard.Messages, message => message.Contains("Slurm does not answer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_controller_that_stays_silent_is_a_coded_error_and_the_job_can_be_followed_later()
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk("echo 'connect failure' >&2; exit 1");
        var error = await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq"), patience: s_patience with { Silence = TimeSpan.Zero }));
        Assert.Equal("DQ6020", error.Diagnostics[0].Code);
        Assert.Contains("connect failure", error.Message, StringComparison.Ordinal);
        Assert.Equal("7", Assert.Single(SubmittedJobs.In(_bench.Workspace).All()).Id);
    }

    [Theory]
    [InlineData("echo '7|CANCELLED|None'", "DQ6021", "was cancelled, though not by this build")]
    [InlineData("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", "DQ6021", "not known to Slurm any more")]
    [InlineData("true", "DQ6021", "not known to Slurm any more")]
    [InlineData("echo '7|TIMEOUT|TimeLimit'", "DQ6021", "raise \"executors.slurm.time\"")]
    [InlineData("echo '7|DEADLINE|None'", "DQ6021", "ended as DEADLINE")]
    [InlineData("echo '7|OUT_OF_MEMORY|None'", "DQ3007", "executors.slurm.memory")]
    [InlineData("echo '7|FAILED|NonZeroExitCode'", "DQ6003", "ended without a result")]
    [InlineData("echo '7|COMPLETED|None'", "DQ6003", "ended without a result")]
    public async Task An_end_without_a_result_is_a_coded_error_that_says_why(string answer, string code, string words)
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk(answer);
        var error = await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")));
        Assert.Equal(code, error.Diagnostics[0].Code);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    [Fact]
    public async Task The_errors_that_a_worker_reported_are_the_ones_thrown_but_not_those_of_a_start_before()
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk("""printf '%s\n' '==== Slurm job 7, start 1, on a' '{"event":"diagnostic","code":"DQ3001","message":"of the first"}' '==== Slurm job 7, start 2, on b' '{"event":"diagnostic","code":"DQ2002","message":"of the second"}' >> "$(cat $S/folder)/events.jsonl"; echo '7|FAILED|NonZeroExitCode'""");
        Assert.Equal("DQ2002", Assert.Single((await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")))).Diagnostics).Code);
    }

    [Fact]
    public async Task A_training_that_others_pushed_aside_or_whose_time_is_up_is_queued_again_while_it_gets_further()
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk("""
            echo x >> $S/asked
            step() { echo "{\"event\":\"progress\",\"step\":$1}" >> "$(cat $S/folder)/events.jsonl"; }
            case $(wc -l < $S/asked) in
              1) echo '7|PREEMPTED|None';;
              2) step 10; echo '7|TIMEOUT|TimeLimit';;
              3) step 20; echo '7|TIMEOUT|TimeLimit';;
              *) echo '7|TIMEOUT|TimeLimit';;
            esac
            """);
        var error = await Assert.ThrowsAsync<DqException>(() => RunAsync(Job("train/dq")));
        Assert.Contains("reached its time limit without getting further", error.Message, StringComparison.Ordinal);
        Assert.Equal(["requeue 7", "requeue 7", "requeue 7"], _slurm.Calls("scontrol"));
    }

    [Fact]
    public async Task After_a_requeue_the_queue_is_asked_anew()
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk($"""
            if [ -e $S/scontrol.calls ]; then echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|PENDING|BeginTime'
            else echo '{Step}' >> "$(cat $S/folder)/events.jsonl"; echo '7|TIMEOUT|TimeLimit'; fi
            """);
        // What it said the first time would hold for an hour.
        Assert.Equal(0.5, (await RunAsync(Job("train/dq"), patience: s_patience with { Queue = TimeSpan.FromHours(1) })).Metrics["accuracy"]);
        Assert.Equal(["requeue 7"], _slurm.Calls("scontrol"));
    }

    [Fact]
    public async Task Cancelling_cancels_the_job_and_waits_for_its_checkpoint()
    {
        using var cancel = new CancellationTokenSource();
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk("[ -e $S/scancel.calls ] && echo '7|CANCELLED|None' || echo '7|PENDING|Licenses'");
        var heard = new Heard { OnMessage = text => _ = text.Contains("waits", StringComparison.Ordinal) ? cancel.CancelAsync() : null };
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(Job("train/dq"), heard, cancellation: cancel.Token));
        Assert.Equal(["7"], _slurm.Calls("scancel"));
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    /// <summary>A cancellation while sbatch runs: the cluster has the array when its id is said, and nobody else would take it back.</summary>
    [Fact]
    public async Task Cancelling_while_jobs_are_submitted_cancels_all_of_them()
    {
        _slurm.OnSubmit("touch $S/began; until [ -e $S/go ]; do sleep 0.01; done; echo 7");
        _slurm.OnAsk("echo '7_0|CANCELLED|None'; echo '7_1|CANCELLED|None'");
        WorkerJob[] jobs = [Job("train/m@bits=1") with { Matrix = "train/m" }, Job("train/m@bits=2") with { Matrix = "train/m" }];
        using var executor = Executor();
        using var cancel = new CancellationTokenSource();
        executor.Expect(jobs);
        var running = jobs.Select(job => executor.RunAsync(job, new Heard(), cancel.Token)).ToList();
        while (!File.Exists(_slurm.At("began")))
            await Task.Delay(5);
        await cancel.CancelAsync();
        File.WriteAllText(_slurm.At("go"), "");
        foreach (var one in running)
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(["7_0", "7_1"], _slurm.Calls("scancel").Order(StringComparer.Ordinal));
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    /// <summary>A controller that went away in the middle of a submission may have the job; a cancellation asks once more, and takes it back.</summary>
    [Fact]
    public async Task Cancelling_while_a_controller_is_silent_takes_back_what_it_may_have_taken()
    {
        using var cancel = new CancellationTokenSource();
        _slurm.OnSubmit("echo 'sbatch: error: Unable to contact slurm controller' >&2; exit 1");
        _slurm.OnAsk("""[ -e $S/asked ] || { touch $S/asked; exit 1; }; until [ -e $S/go ]; do sleep 0.01; done; echo "7|dq:$(basename $(cat $S/folder))" """);
        var running = RunAsync(Job("train/dq"), cancellation: cancel.Token);
        while (!File.Exists(_slurm.At("asked")))
            await Task.Delay(5);
        await cancel.CancelAsync();
        File.WriteAllText(_slurm.At("go"), "");
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(["7"], _slurm.Calls("scancel"));
        Assert.Empty(SubmittedJobs.In(_bench.Workspace).All());
    }

    /// <summary>How a build was asked for stands noted while one of its jobs is with Slurm, and is that of the build whose jobs they are.</summary>
    [Fact]
    public async Task The_note_of_a_build_stays_until_none_of_its_jobs_is_with_Slurm()
    {
        var asked = new SlurmBuild(["dq"], ["train.dq.epochs=5"], "cpu", 3, Locked: false, Force: true);
        using (var idle = Executor(asked: asked with { Select = [] }))
            Assert.Null(SlurmBuild.Read(_bench.Workspace));
        await SubmitAndDieAsync(Job("train/dq"), asked);
        SlurmBuild.ForgetIfDone(_bench.Workspace);
        Assert.Equal(["train.dq.epochs=5"], SlurmBuild.Read(_bench.Workspace)!.Set);
        _slurm.OnAsk($"""echo '{Done}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'""");
        _ = await RunAsync(Job("train/dq"));
        Assert.NotNull(SlurmBuild.Read(_bench.Workspace));
        SlurmBuild.ForgetIfDone(_bench.Workspace);
        Assert.Null(SlurmBuild.Read(_bench.Workspace));
    }

    [Fact]
    public async Task Each_start_of_a_job_is_told()
    {
        _slurm.OnSubmit("echo 7");
        _slurm.OnAsk($$"""printf '%s\n' '==== Slurm job 7, start 1, on a' '{{Step}}' '==== Slurm job 7, start 2, on b' '{{Done}}' >> "$(cat $S/folder)/events.jsonl"; echo '7|RUNNING|None'""");
        var heard = new Heard();
        _ = await RunAsync(Job("train/dq"), heard);
        Assert.Equal(2, heard.Starts);
    }

    [Fact]
    public async Task The_members_of_a_matrix_are_one_array_and_others_are_jobs_of_their_own()
    {
        _slurm.OnSubmit("case \"$*\" in *--array=0-1*) echo 7;; *) echo 8;; esac");
        _slurm.OnAsk($"for folder in {_bench.Workspace.SlurmFolder}/*; do echo '{Done}' >> $folder/events.jsonl; done; echo '7_0|RUNNING|None'; echo '7_1|RUNNING|None'; echo '8|RUNNING|None'");
        WorkerJob[] jobs = [Job("train/m@bits=1") with { Matrix = "train/m" }, Job("train/full"), Job("train/m@bits=2") with { Matrix = "train/m" }];
        using var executor = Executor();
        executor.Expect(jobs);
        var heard = jobs.Select(_ => new Heard()).ToArray();
        _ = await Task.WhenAll(jobs.Select((job, i) => executor.RunAsync(job, heard[i], default)));
        Assert.Equal(2, _slurm.Submissions().Count);
        Assert.Contains(_slurm.Submissions(), submission => submission.Contains("--array=0-1") && submission.Contains("--job-name=train/m"));
        Assert.Equal(["submitted as Slurm job 7_0", "submitted as Slurm job 7_1", "submitted as Slurm job 8"], heard.Select(one => one.Messages.Single()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Its_script_runs_the_worker_on_the_job_and_a_second_start_begins_with_an_empty_folder()
    {
        // A Slurm that runs the script at once, twice, as after a requeue. The worker's path has what shells stumble over.
        _ = Directory.CreateDirectory(_slurm.At("it's a $tool"));
        var worker = _slurm.Script("it's a $tool/worker", """
            [ "$1" = worker ] || exit 9
            out=$(sed 's/.*"outputFolder":"\([^"]*\)".*/\1/' "$2")
            [ -z "$(ls "$out")" ] && echo "empty, $OMP_NUM_THREADS threads, $GLIBC_TUNABLES"
            echo left > "$out/other"
            echo whole > "$out/model.safetensors"
            [ -n "$SLURM_RESTART_COUNT" ] && echo '{"event":"done","outputs":["model.safetensors"]}'
            """);
        _slurm.OnSubmit("""for last; do :; done; (SLURM_JOB_ID=7 GLIBC_TUNABLES= bash "$last"; SLURM_JOB_ID=7 SLURM_RESTART_COUNT=1 GLIBC_TUNABLES=glibc.malloc.hugetlb=0 bash "$last") > /dev/null; echo 7""");
        _slurm.OnAsk("echo '7|COMPLETED|None'");
        var job = Job("train/dq");
        _ = Directory.CreateDirectory(job.OutputFolder);
        using var executor = new SlurmExecutor(_bench.Workspace, new(), worker, ["worker"], s_patience, commands: _slurm.Folder);
        _ = await executor.RunAsync(job, new Heard(), default);
        Assert.Equal("whole\n", File.ReadAllText(Path.Combine(job.OutputFolder, "model.safetensors")));
        Assert.Equal(
            ["empty, 3 threads, glibc.malloc.hugetlb=1", "empty, 3 threads, glibc.malloc.hugetlb=1:glibc.malloc.hugetlb=0"],
            File.ReadAllLines(_bench.Workspace.LogPath("train/dq")).Where(line => line.StartsWith("empty", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_lines_of_a_growing_file_come_once_and_whole()
    {
        var path = Path.Combine(_bench.Folder, "grows");
        var file = new GrowingFile(path);
        Assert.Empty(file.Lines());
        File.WriteAllBytes(path, [.. "one\ntw"u8]);
        Assert.Equal(["one"], file.Lines());
        // ε in two bytes, which come one by one.
        File.AppendAllBytes(path, [(byte)'o', 0xCE]);
        Assert.Empty(file.Lines());
        File.AppendAllBytes(path, [0xB5, (byte)'\n', (byte)'\n']);
        Assert.Equal(["twoε", ""], file.Lines());
        Assert.Empty(file.Lines());
    }
}
