using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

public class LockTests
{
    [Fact]
    public async Task Another_reader_finds_key_outputs_and_metrics_in_stable_order()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var text = File.ReadAllText(bench.Workspace.LockPath);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(2, json.RootElement.GetProperty("version").GetInt32());
        var targets = json.RootElement.GetProperty("targets");
        var names = targets.EnumerateObject().Select(t => t.Name).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(12, names.Count);
        var model = targets.GetProperty("train/dq");
        Assert.Equal(64, model.GetProperty("outputs").GetProperty("model.safetensors").GetProperty("size").GetInt32());
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(bench.Output("dq")))),
            model.GetProperty("outputs").GetProperty("model.safetensors").GetProperty("sha256").GetString());
        Assert.Equal(0.001, model.GetProperty("parts").GetProperty("lipschitz.beta").GetDouble());
        Assert.Equal(100, targets.GetProperty("evaluate/robustness/dq/pgd@8").GetProperty("metrics").GetProperty("samples").GetInt32());
        Assert.DoesNotContain(bench.Folder, text, StringComparison.Ordinal);
    }

    /// <summary>Whoever pulls while a build goes on finds what he pulled, and what was built; where it is a conflict, nobody writes over it, and nothing is lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_others_write_into_the_lock_while_a_build_goes_on_stays(bool isConflict)
    {
        using var others = new Bench();
        others.Change(p => p with { Train = p.Train.Append(new("third", Bench.Model("third") with { Seed = 3 })).ToDictionary() });
        await others.BuildAsync();
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.ChangeModel("full", model => model with { Epochs = 3 });
        var theirs = isConflict ? Encoding.UTF8.GetBytes("<<<<<<< HEAD\n") : others.LockBytes();
        bench.Executor.Before = (_, _) =>
        {
            File.WriteAllBytes(bench.Workspace.LockPath, theirs);
            bench.Executor.Before = (_, _) => Task.CompletedTask;
            return Task.CompletedTask;
        };
        var result = await bench.BuildAsync();
        if (isConflict)
        {
            Assert.Equal((1, DiagnosticCodes.LockUnreadable), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
            Assert.Equal(theirs, bench.LockBytes());
            File.Delete(bench.Workspace.LockPath);
            Assert.Equal((0, 12), ((await bench.BuildAsync()).ExitCode, bench.Observer.Results.Count(one => one.Outcome == Outcome.FromCache)));
        }

        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Assert.Empty(bench.Executor.Jobs);
        bench.Change(p => p with { Train = p.Train.Append(new("third", Bench.Model("third") with { Seed = 3 })).ToDictionary() });
        Assert.Equal(isConflict ? TargetState.NeverBuilt : TargetState.UpToDate, bench.Status()["train/third"].State);
    }

    [Fact]
    public async Task How_many_workers_there_are_changes_no_byte()
    {
        using var one = new Bench();
        using var many = new Bench();
        await one.BuildAsync();
        // The first to start is the last to finish.
        var (first, others) = (new TaskCompletionSource(), new TaskCompletionSource());
        many.Executor.Before = (job, _) =>
        {
            if (job.Name == "evaluate/robustness/dq")
                others.SetResult();
            if (job.Name == "train/full")
                first.SetResult();
            return job.Name switch
            {
                "train/full" => others.Task,
                "train/dq" => first.Task,
                _ => Task.CompletedTask,
            };
        };
        await many.BuildAsync(o => o with { Jobs = 8 });
        Assert.Equal(one.LockBytes(), many.LockBytes());
        Assert.Equal(2, many.Executor.MostAtOnce);
    }

    [Fact]
    public async Task Marks_of_a_merge_are_reported_with_their_line_and_nothing_is_overwritten()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var lines = File.ReadAllLines(bench.Workspace.LockPath).ToList();
        lines.Insert(10, "<<<<<<< HEAD");
        File.WriteAllLines(bench.Workspace.LockPath, lines);
        var before = bench.LockBytes();
        var error = await Assert.ThrowsAsync<DqException>(() => bench.BuildAsync());
        Assert.Equal("DQ6002", error.Diagnostics[0].Code);
        Assert.Equal(new SourcePlace(bench.Workspace.LockPath, 11, 1), error.Diagnostics[0].Place);
        Assert.Contains("merge", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, bench.LockBytes());
        Assert.Throws<DqException>(() => bench.Status());
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("{\n  \"version\": 1,\n  \"targets\": {\n", 4)]
    [InlineData("{\n  \"version\": 1,\n  \"targets\": { \"train/a\": {\n \"key\": \"short\" } } }", 4)]
    [InlineData("{\n  \"version\": 1,\n  \"targets\": { \"train/a\": {\n \"surprise\": 1 } } }", 4)]
    [InlineData("{\n  \"version\": 1,\n  \"targets\": { \"train/a\": { } } }", 3)]
    [InlineData("{ \"version\": 1, \"targets\": {} }\n}", 2)]
    [InlineData("{ \"version\": 1,\n\"targets\": [] }", 2)]
    [InlineData("[]", 1)]
    [InlineData("{\n  \"version\": 2,\n  \"targets\": { \"train/a\": {\n \"key\": \"87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d\" } } }", 4)]
    [InlineData("{ \"version\": 1, \"targets\": { \"train/a\": {\n \"key\": \"87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d\", \"parts\": {\n \"a\": [{ \"half \\ud800 a character\": 1 }] } } } }", 3)]
    [InlineData("{ \"version\": 1, \"targets\": { \"train/a\": {\n \"key\": \"87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d87df6a0aa9d5cd1d4d1b8f2b6a0c2d4d\", \"metrics\": {\n \"loss\": 1e999 } } } }", 3)]
    [InlineData("{ \"version\": 3, \"targets\": { \"what\": \"a newer tool writes\" } }", 1)]
    public void Damage_and_newer_versions_are_reported_with_their_line(string text, int line)
    {
        using var bench = new Bench();
        File.WriteAllText(bench.Workspace.LockPath, text);
        var error = Assert.Throws<DqException>(() => LockFile.Read(bench.Workspace.LockPath)).Diagnostics[0];
        Assert.Equal(("DQ6002", line), (error.Code, error.Place!.Value.Line));
    }

    [Fact]
    public async Task A_target_that_a_merge_left_twice_is_reported()
    {
        using var bench = new Bench();
        await bench.BuildOfAsync("dq");
        var text = File.ReadAllText(bench.Workspace.LockPath);
        var start = text.IndexOf("    \"train/dq\"", StringComparison.Ordinal);
        var entry = text[start..text.LastIndexOf("    }", StringComparison.Ordinal)] + "    },\n";
        File.WriteAllText(bench.Workspace.LockPath, text.Insert(start, entry));
        Assert.Contains("twice", Assert.Throws<DqException>(() => LockFile.Read(bench.Workspace.LockPath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_build_fails_where_the_lock_would_change_runs_nothing_and_writes_nothing()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        Bench.AllUpToDate(await bench.BuildAsync(o => o with { Locked = true }));

        bench.ChangeModel("dq", m => m with { Epochs = 11 });
        var before = bench.LockBytes();
        var result = await bench.BuildAsync(o => o with { Locked = true });
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal("DQ6005", error.Code);
        Assert.Contains("train/dq", error.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(before, bench.LockBytes());
        Assert.Equal(6, result.Count(Outcome.UpToDate));
    }

    [Fact]
    public async Task A_locked_build_may_remake_bytes_but_fails_where_they_come_out_otherwise()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.BecomeCleanClone();
        Assert.Equal(0, (await bench.BuildAsync(o => o with { Locked = true, Fetch = ["dq"] }, select: "dq")).ExitCode);
        Assert.Equal(["train/dq"], bench.Executor.Trained);

        bench.BecomeCleanClone();
        bench.Executor.Machine = "another";
        var before = bench.LockBytes();
        var result = await bench.BuildAsync(o => o with { Locked = true, Fetch = ["dq"] }, select: "dq");
        Assert.Equal((1, "DQ6005"), (result.ExitCode, Assert.Single(result.Diagnostics).Code));
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task A_lost_lock_is_recorded_again_from_the_cache()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var before = bench.LockBytes();
        File.Delete(bench.Workspace.LockPath);
        await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(before, bench.LockBytes());
    }

    [Fact]
    public async Task Metrics_of_changed_inputs_stand_but_are_not_current()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        Assert.All(bench.Metrics(), m => Assert.True(m.Current));
        bench.ChangeModel("dq", m => m with { Epochs = 11 });
        Assert.All(bench.Metrics(), m => Assert.Equal(m.Model == "full", m.Current));
        Assert.Equal(14, bench.Metrics().Count);
        var metric = bench.Metrics()[0];
        Assert.Equal(("robustness", "full", "clean", 0.0, 100), (metric.Target, metric.Model, metric.Attack, metric.Epsilon, metric.Samples));
        Assert.Equal((double)metric.Correct / metric.Samples, metric.Accuracy);
    }

    [Fact]
    public async Task Every_bit_of_a_record_counts()
    {
        using var bench = new Bench();
        await bench.BuildOfAsync("dq");
        var text = bench.LockBytes();
        var sound = LockFile.Parse("dq.lock", text);
        for (var at = 0; at < text.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                text[at] ^= (byte)(1 << bit);
                try
                {
                    // White space may become other white space, and nothing else anything else.
                    var read = LockFile.Parse("dq.lock", text);
                    Assert.True(char.IsWhiteSpace((char)text[at]), $"bit {bit} of byte {at}");
                    Assert.Equal(sound.Entries.Keys, read.Entries.Keys);
                }
                catch (DqException e)
                {
                    Assert.Equal("DQ6002", e.Diagnostics[0].Code);
                }

                text[at] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public async Task The_ends_of_lines_that_git_writes_on_Windows_change_nothing()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        File.WriteAllText(bench.Workspace.LockPath, File.ReadAllText(bench.Workspace.LockPath).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.All((await bench.BuildAsync()).Targets, target => Assert.Equal(Outcome.UpToDate, target.Outcome));
    }

    [Fact]
    public async Task A_lock_of_before_there_were_checks_stands_and_gets_them_with_the_next_change()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var now = bench.LockBytes();
        Write(bench, OfVersion1(bench));
        Assert.All((await bench.BuildAsync()).Targets, target => Assert.Equal(Outcome.UpToDate, target.Outcome));
        Write(bench, OfVersion1(bench).Replace("\"samples\": 100", "\"samples\": 0", StringComparison.Ordinal));
        await bench.BuildAsync();
        Assert.Equal(now, bench.LockBytes());
    }

    [Fact]
    public async Task A_measurement_edited_into_nonsense_counts_as_none()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        Write(bench, OfVersion1(bench).Replace("\"samples\": 100", "\"samples\": 0", StringComparison.Ordinal));
        Assert.Empty(bench.Metrics());
        Assert.Equal(TargetState.Stale, bench.Status()["evaluate/robustness/dq/clean"].State);
    }

    private static void Write(Bench bench, string text) => File.WriteAllText(bench.Workspace.LockPath, text);

    /// <summary>What is recorded as version 1 of the file has it: without checks, each of which ends its entry.</summary>
    private static string OfVersion1(Bench bench) =>
        System.Text.RegularExpressions.Regex.Replace(
            File.ReadAllText(bench.Workspace.LockPath).Replace("\"version\": 2", "\"version\": 1", StringComparison.Ordinal), ",\n *\"check\": \"[0-9a-f]{16}\"", "");
}
