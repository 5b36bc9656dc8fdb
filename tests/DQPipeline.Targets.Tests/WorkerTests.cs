using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Workers;
using DQPipeline.Testing;

namespace DQPipeline.Targets.Tests;

public class WorkerTests
{
    private static readonly TrainJob s_job = new()
    {
        Name = "train/dq",
        Threads = 3,
        Device = "cpu",
        Dataset = "{\"kind\":\"street-digits\"}",
        OutputFolder = "/out",
        Train = "{}",
        Key = new('a', 64),
        CheckpointFolder = "/checkpoints",
    };

    private static ProcessExecutor Shell(Bench bench, string script) => new(bench.Workspace, RealData.Command("sh"), ["-c", script]) { Grace = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task Events_arrive_in_order_and_everything_else_is_in_the_log()
    {
        using var bench = new Bench();
        var heard = new Listener();
        var done = await Shell(bench, """
            read -r job
            echo "threads $OMP_NUM_THREADS $MKL_NUM_THREADS"
            echo "settings $GLIBC_TUNABLES"
            printf '%s\n' "$job" >&2
            echo '{"event":"resumed","step":40}'
            echo '{"step":41,"steps":80,"loss":1.5,"phase":"training","event":"progress"}'
            echo '{"event":"cell","id":"c","samples":10,"correct":7,"standing":""}'
            echo '{"event":"diagnostic","code":"DQ3006","message":"left aside","severity":"warning"}'
            echo '{"event":"from a newer worker"}'
            echo '{"event":"done","outputs":["model.safetensors"],"metrics":{"accuracy":0.5}}'
            """).RunAsync(s_job, heard, default);
        Assert.Equal(["resumed 40", "progress 41/80 1.5 training", "cell c 7/10", "warning DQ3006"], heard.Said);
        Assert.Equal(0.5, done.Metrics["accuracy"]);
        var log = File.ReadAllText(bench.Workspace.LogPath("train/dq"));
        Assert.Contains("threads 3 3\n", log, StringComparison.Ordinal);
        Assert.Contains("settings glibc.malloc.hugetlb=1", log, StringComparison.Ordinal);
        Assert.Contains("from a newer worker", log, StringComparison.Ordinal);
        Assert.Contains(WorkerJson.Write(s_job), log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "glibc.malloc.hugetlb=1")]
    [InlineData("", "glibc.malloc.hugetlb=1")]
    [InlineData("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=1:glibc.malloc.hugetlb=0")]
    public void A_worker_asks_for_huge_pages_unless_somebody_set_otherwise(string? set, string expected)
    {
        var environment = new Dictionary<string, string?> { ["OMP_NUM_THREADS"] = "16" };
        if (set is not null)
            environment["GLIBC_TUNABLES"] = set;
        WorkerEnvironment.Set(environment, 3);
        // Of a name that comes twice the C library takes the last.
        Assert.Equal(new Dictionary<string, string?> { ["OMP_NUM_THREADS"] = "3", ["MKL_NUM_THREADS"] = "3", ["GLIBC_TUNABLES"] = expected }, environment);
    }

    [Fact]
    public async Task What_a_worker_said_counts_however_long_it_takes_to_take_it_in()
    {
        using var bench = new Bench();
        var clock = new CountingClock();
        // Whoever hears of the first message is at it until the worker is gone and the grace for its output is over twice.
        var heard = new Listener { OnMessage = _ => Assert.True(SpinWait.SpinUntil(() => clock.Timers >= 3, TimeSpan.FromMinutes(1))) };
        var executor = new ProcessExecutor(bench.Workspace, RealData.Command("sh"), ["-c", """
            read -r job
            echo '{"event":"message","text":"slow"}'
            echo '{"event":"cell","id":"c","samples":10,"correct":7,"standing":""}'
            echo '{"event":"done","outputs":[],"metrics":{"accuracy":0.5}}'
            """], clock) { Grace = TimeSpan.FromMilliseconds(50) };
        Assert.Equal(0.5, (await executor.RunAsync(s_job, heard, default)).Metrics["accuracy"]);
        Assert.Equal(["cell c 7/10"], heard.Said);
    }

    [Fact]
    public async Task A_worker_killed_by_signal_9_is_a_coded_error_that_names_the_log()
    {
        using var bench = new Bench();
        var error = await Assert.ThrowsAsync<DqException>(() => Shell(bench, "read job; echo last words >&2; kill -9 $$").RunAsync(s_job, new Listener(), default));
        Assert.Equal("DQ6003", error.Diagnostics[0].Code);
        Assert.Contains("signal 9", error.Message, StringComparison.Ordinal);
        Assert.Contains(bench.Workspace.LogPath("train/dq"), error.Message, StringComparison.Ordinal);
        Assert.Contains("last words", File.ReadAllText(bench.Workspace.LogPath("train/dq")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_errors_that_a_worker_reports_are_the_ones_thrown()
    {
        using var bench = new Bench();
        var error = await Assert.ThrowsAsync<DqException>(() => Shell(bench, """
            read -r job
            echo '{"event":"diagnostic","code":"DQ2002","message":"a.png is cut short","file":"/data/a.png","line":2,"column":3}'
            exit 1
            """).RunAsync(s_job, new Listener(), default));
        Assert.Equal(new Diagnostic("DQ2002", "a.png is cut short", new("/data/a.png", 2, 3)), Assert.Single(error.Diagnostics));
    }

    [Theory]
    [InlineData("read job; exit 0", "exit code 0")]
    [InlineData("exit 7", "exit code 7")]
    public async Task An_end_without_a_word_is_a_death(string script, string words)
    {
        using var bench = new Bench();
        var error = await Assert.ThrowsAsync<DqException>(() => Shell(bench, script).RunAsync(s_job, new Listener(), default));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_coded_error()
    {
        using var bench = new Bench();
        var error = await Assert.ThrowsAsync<DqException>(() => new ProcessExecutor(bench.Workspace, "/no/such/program", []).RunAsync(s_job, new Listener(), default));
        Assert.Equal("DQ6003", error.Diagnostics[0].Code);
    }

    [Fact]
    public async Task Cancelling_asks_the_worker_on_its_input()
    {
        using var bench = new Bench();
        using var cancel = new CancellationTokenSource();
        var heard = new Listener { OnMessage = _ => cancel.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Shell(bench, """
            read -r job
            echo '{"event":"message","text":"at work"}'
            read word
            echo "was told $word"
            """).RunAsync(s_job, heard, cancel.Token));
        Assert.Contains("was told cancel\n", File.ReadAllText(bench.Workspace.LogPath("train/dq")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_does_not_listen_is_killed_with_its_children_after_the_grace()
    {
        using var bench = new Bench();
        using var cancel = new CancellationTokenSource();
        var heard = new Listener { OnMessage = _ => cancel.Cancel() };
        var executor = new ProcessExecutor(bench.Workspace, RealData.Command("sh"), ["-c", """
            read -r job
            sleep 600 & echo $! > child
            echo '{"event":"message","text":"at work"}'
            wait
            """]) { Grace = TimeSpan.FromMilliseconds(200) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => executor.RunAsync(s_job, heard, cancel.Token));
        var child = int.Parse(File.ReadAllText(Path.Combine(bench.Folder, "child")), System.Globalization.CultureInfo.InvariantCulture);
        // The signal is on its way; whoever is dead and not yet waited for is a zombie.
        for (var look = 0; look < 2000 && IsAlive(child); look++)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False(IsAlive(child));
    }

    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [Fact]
    public async Task A_build_by_real_processes_survives_one_that_is_killed()
    {
        using var bench = new Bench();
        // "Trains" by writing its own key; the first worker of a key kills itself after a checkpoint.
        var executor = Shell(bench, """
            read -r job
            out=$(printf '%s' "$job" | sed 's/.*"outputFolder":"\([^"]*\)".*/\1/')
            checkpoints=$(printf '%s' "$job" | sed 's/.*"checkpointFolder":"\([^"]*\)".*/\1/')
            if [ ! -e "$checkpoints/one" ]; then touch "$checkpoints/one"; kill -9 $$; fi
            echo '{"event":"resumed","step":1}'
            printf '%s' "$job" | sed 's/.*"key":"\([^"]*\)".*/\1/' > "$out/model.safetensors"
            echo '{"event":"done","outputs":["model.safetensors"]}'
            """);
        var first = await new Builder(bench.Workspace, bench.Graph(), executor, bench.Options("dq", "full")).RunAsync();
        Assert.Equal((1, 2), (first.ExitCode, first.Count(Outcome.Failed)));
        Assert.All(first.Diagnostics, d => Assert.Equal("DQ6003", d.Code));
        var second = await new Builder(bench.Workspace, bench.Graph(), executor, bench.Options("dq", "full")).RunAsync();
        Assert.Empty(second.Diagnostics);
        Assert.Equal((0, 2), (second.ExitCode, second.Count(Outcome.Built)));
    }

    [Fact]
    public void Jobs_and_events_read_back_as_they_were_written()
    {
        WorkerJob evaluate = new EvaluateJob
        {
            Name = "e",
            Threads = 1,
            Device = "cuda",
            Dataset = "{}",
            OutputFolder = "/o",
            Model = "/m",
            ModelSha256 = new('b', 64),
            Samples = 5,
            Batch = 6,
            Seed = 7,
            Detector = "{\"bits\":5,\"median\":2}",
            Cells = [new("c1", null, 0), new("c2", "{\"kind\":\"pgd\"}", 0.5)],
        };
        var back = Assert.IsType<EvaluateJob>(WorkerJson.ReadJob(WorkerJson.Write(evaluate)));
        Assert.Equal(((EvaluateJob)evaluate).Cells, back.Cells);
        Assert.Equal(((EvaluateJob)evaluate).Detector, back.Detector);
        CellEvent[] cells = [new("c1", 5, 3, "Bw=="), new("c2", 5, 3, "") { Detection = new(4, 3, 2, 1), Health = new(1, 2, null) }];
        Assert.All(cells, cell => Assert.Equal(cell, WorkerJson.ReadEvent(WorkerJson.Write(cell))));
        Assert.Equal(s_job, WorkerJson.ReadJob(WorkerJson.Write(s_job)));
        Assert.DoesNotContain('\n', WorkerJson.Write(evaluate));
        var progress = new ProgressEvent { Step = 3, Loss = double.NaN, SecondsLeft = 1.5 };
        Assert.Equal(progress, WorkerJson.ReadEvent(WorkerJson.Write(progress)));
        var bare = Assert.IsType<DoneEvent>(WorkerJson.ReadEvent("{\"event\":\"done\"}"));
        Assert.Empty(bare.Outputs);
        Assert.Empty(bare.Metrics);
        Assert.Equal("", Assert.IsType<ProgressEvent>(WorkerJson.ReadEvent("{\"event\":\"progress\"}")).Phase);
        Assert.Null(WorkerJson.ReadEvent("{ cut"));
        Assert.Null(WorkerJson.ReadEvent("text"));
    }

    [Theory]
    [InlineData("cancel\n")]
    [InlineData("")]
    public void The_workers_end_stops_at_cancel_and_at_the_front_ends_death(string rest)
    {
        var output = new MemoryStream();
        using var channel = WorkerChannel.Open(new MemoryStream(Encoding.UTF8.GetBytes(WorkerJson.Write(s_job) + "\n" + rest)), output);
        Assert.Equal(s_job, channel.Job);
        channel.Send(new Diagnostic("DQ3004", "no number", new("dq.json", 1, 2)));
        Assert.True(channel.Stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        var said = Assert.IsType<DiagnosticEvent>(WorkerJson.ReadEvent(Encoding.UTF8.GetString(output.ToArray())));
        Assert.Equal(("DQ3004", "error", "dq.json", 1, 2), (said.Code, said.Severity, said.File, said.Line, said.Column));
    }

    [Fact]
    public void A_job_in_a_file_is_stopped_by_whoever_gets_the_signal_and_by_nothing_else()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "job.json");
        File.WriteAllText(path, WorkerJson.Write(s_job) + "\n");
        using var channel = WorkerChannel.Open(path, new MemoryStream());
        Assert.Equal(s_job, channel.Job);
        Assert.False(channel.Stop.IsCancellationRequested);
        channel.Cancel();
        Assert.True(channel.Stop.IsCancellationRequested);
        Assert.Equal("DQ6999", Assert.Throws<DqException>(() => WorkerChannel.Open(path + ".not", new MemoryStream())).Diagnostics[0].Code);
    }

    [Fact]
    public void A_first_line_that_is_no_job_is_a_coded_error() =>
        Assert.Equal("DQ6999", Assert.Throws<DqException>(() => WorkerChannel.Open(new MemoryStream("hello\n"u8.ToArray()), new MemoryStream())).Diagnostics[0].Code);

    /// <summary>Counts the delays that were begun.</summary>
    private sealed class CountingClock : TimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class Listener : IWorkerEvents
    {
        public List<string> Said { get; } = [];

        public Action<string> OnMessage { get; init; } = _ => { };

        public void Progress(ProgressEvent p) => Said.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"progress {p.Step}/{p.Steps} {p.Loss} {p.Phase}"));

        public void Message(string text) => OnMessage(text);

        public void Resumed(long step) => Said.Add($"resumed {step}");

        public void Cell(CellEvent cell) => Said.Add($"cell {cell.Id} {cell.Correct}/{cell.Samples}");

        public void Warning(Diagnostic warning) => Said.Add($"warning {warning.Code}");
    }
}
