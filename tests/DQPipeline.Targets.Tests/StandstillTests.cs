using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Tests;

/// <summary>What a build that found nothing to do remembers, and everything that makes it forget.</summary>
public class StandstillTests
{
    [Fact]
    public async Task It_is_remembered_by_the_first_build_with_nothing_to_do()
    {
        using var bench = await StillAsync(remembered: false);
        Assert.Null(Recall(bench));
        await BuildLaterAsync(bench);
        Assert.Equal(12, Recall(bench));
    }

    [Fact]
    public async Task It_is_not_remembered_of_files_too_young_to_be_proof()
    {
        using var bench = await StillAsync(remembered: false);
        // However long this machine took to come here.
        Bench.AllUpToDate(await BuildAtAsync(bench, Written(bench)));
        Assert.Null(Recall(bench));
    }

    /// <summary>A build may wait for another long after it read dq.json: how old a file is when it ends says nothing of whether it was changed meanwhile.</summary>
    [Fact]
    public async Task It_is_not_remembered_of_files_that_are_younger_than_the_reading_of_dq_json()
    {
        using var bench = await StillAsync(remembered: false);
        Bench.AllUpToDate(await BuildLaterAsync(bench, options => options with { AsDeclared = DeclarationMoment.Now(bench.Workspace, Written(bench)) }));
        Assert.Null(Recall(bench));
        Bench.AllUpToDate(await BuildLaterAsync(bench, options => options with { AsDeclared = DeclarationMoment.Now(bench.Workspace, new LaterClock(), Written(bench).GetUtcNow()) }));
        Assert.Null(Recall(bench));
    }

    /// <summary>What lies there when the build ends may be another dq.json than the one that was read, be it of the same age.</summary>
    [Fact]
    public async Task It_is_of_the_dq_json_that_was_read()
    {
        using var bench = await StillAsync(remembered: false);
        var read = Later(bench);
        await File.WriteAllTextAsync(bench.Workspace.DeclarationPath, "{  }");
        Bench.AllUpToDate(await BuildLaterAsync(bench, options => options with { AsDeclared = read }));
        Assert.Null(Recall(bench));
        Bench.AllUpToDate(await BuildLaterAsync(bench));
        Assert.Equal(12, Recall(bench));
    }

    [Fact]
    public async Task It_is_not_remembered_of_overridden_declarations_or_of_a_part()
    {
        using var bench = await StillAsync(remembered: false);
        await BuildLaterAsync(bench, options => options with { AsDeclared = null });
        await BuildLaterAsync(bench, options => options with { Select = ["full"] });
        await BuildLaterAsync(bench, options => options with { Locked = true });
        Assert.Null(Recall(bench));
    }

    [Fact]
    public async Task It_is_not_remembered_while_a_gate_fails()
    {
        using var bench = await StillAsync(remembered: false);
        bench.ChangeEvaluation(evaluation => evaluation with { Gates = [new() { Model = "dq", AtLeast = 1, Certain = true, Place = new("dq.json", 1, 1) }] });
        Assert.Equal(3, (await BuildLaterAsync(bench)).ExitCode);
        Assert.Null(Recall(bench));
    }

    /// <summary>What the records warn of, they warn of again: here of a single step that breaks what many do not.</summary>
    [Fact]
    public async Task Signs_of_masked_gradients_are_remembered_and_said_again()
    {
        using var bench = await StillAsync(remembered: false, bench =>
        {
            bench.ChangeEvaluation(e => e with
            {
                Attacks = [new() { Kind = "fgsm", Name = "fgsm" }, new() { Kind = "pgd", Name = "pgd50", Steps = 50, Alpha = 2 }, new() { Kind = "apgd-ce", Name = "apgd-ce" }],
                Epsilon = [8],
                Place = new(Path.Combine(bench.Folder, "dq.json"), 9, 3),
            });
            bench.Executor.Correct = (_, cell) => cell.Attack is null ? 90 : cell.Attack.Contains("\"fgsm\"", StringComparison.Ordinal) ? 20 : 40;
        });
        var result = await BuildLaterAsync(bench);
        Bench.AllUpToDate(result);
        Assert.Equal(["DQ4102", "DQ4102"], result.Diagnostics.Select(warning => warning.Code));
        Assert.True(result.StandsStill);
        var answer = StandstillAnswer.Read(new Standstill(bench.Workspace, bench.Method, "cpu").Recall()!)!;
        Assert.Equal(10, answer.Targets);
        Assert.Equal(result.Diagnostics.Select(warning => warning with { Place = warning.Place!.Value with { File = SourcePlace.Shown(warning.Place.Value.File) } }), answer.Warnings);
    }

    [Fact]
    public async Task A_build_that_did_something_or_failed_stands_not_still()
    {
        using var bench = new Bench();
        Assert.False((await bench.BuildAsync()).StandsStill);
        Assert.True((await bench.BuildAsync()).StandsStill);
        bench.UseGates(new GateDeclaration { Model = "dq", AtLeast = 1, Certain = true });
        Assert.False((await bench.BuildAsync()).StandsStill);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("3\nDQ4102\tdq.json\t1\tmessage")]
    [InlineData("3\nDQ4102\tdq.json\tx\t1\tmessage")]
    public void An_answer_that_is_none_is_none(string text) => Assert.Null(StandstillAnswer.Read(text));

    [Fact]
    public void An_answer_reads_back_and_one_that_would_not_is_not_written()
    {
        var file = Path.GetFullPath("dq.json");
        var answer = new StandstillAnswer(3, [new("DQ4102", "with\ttabs", new SourcePlace(file, 4, 5), Severity.Warning), new("DQ4106", "nowhere", null, Severity.Warning)]);
        Assert.True(answer.CanBeWritten);
        Assert.Equal($"3\nDQ4102\t{file}\t4\t5\twith\ttabs\nDQ4106\t\t0\t0\tnowhere", answer.Write());
        var read = StandstillAnswer.Read(answer.Write())!;
        Assert.Equal((3, answer.Warnings[0] with { Place = new("dq.json", 4, 5) }, answer.Warnings[1]), (read.Targets, read.Warnings[0], read.Warnings[1]));
        Assert.False(new StandstillAnswer(3, [new("DQ4102", "two\nlines", null, Severity.Warning)]).CanBeWritten);
        Assert.False(new StandstillAnswer(3, [new("DQ4102", "text", new SourcePlace("a\tb"), Severity.Warning)]).CanBeWritten);
    }

    [Theory]
    [InlineData("dq.json")]
    [InlineData("dq.lock")]
    [InlineData(".dq/out/dq/model.safetensors")]
    [InlineData("data.zip")]
    public async Task A_touch_of_any_file_that_was_looked_at_ends_it(string file)
    {
        using var bench = await StillAsync();
        var path = Path.Combine(bench.Folder, file);
        var time = File.GetLastWriteTimeUtc(path);
        File.SetLastWriteTimeUtc(path, time.AddHours(1));
        Assert.Null(Recall(bench));
    }

    [Theory]
    [InlineData("dq.json")]
    [InlineData("data.zip")]
    public async Task A_same_size_edit_with_its_time_set_back_ends_it(string file)
    {
        _ = Testing.RealData.Require(OperatingSystem.IsLinux() ? "statx" : null, "a system that tells when a file's status changed");
        using var bench = await StillAsync();
        var path = Path.Combine(bench.Folder, file);
        var time = File.GetLastWriteTimeUtc(path);
        var bytes = File.ReadAllBytes(path);
        bytes[0] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);
        Assert.Null(Recall(bench));
    }

    [Fact]
    public async Task A_deleted_output_ends_it()
    {
        using var bench = await StillAsync();
        File.Delete(bench.Output("dq"));
        Assert.Null(Recall(bench));
    }

    [Theory]
    [InlineData("card.md")]
    [InlineData("card.cdx.json")]
    public async Task A_deleted_model_card_ends_it_and_the_next_build_writes_it_again(string card)
    {
        using var bench = new Bench();
        bench.UsePackage();
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        await BuildLaterAsync(bench);
        Assert.NotNull(Recall(bench));
        var path = bench.Workspace.OutputPath("app", card);
        var before = File.ReadAllBytes(path);
        File.Delete(path);
        Assert.Null(Recall(bench));
        Bench.AllUpToDate(await BuildLaterAsync(bench));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Another_device_or_method_is_another_question()
    {
        using var bench = await StillAsync();
        Assert.Null(new Standstill(bench.Workspace, bench.Method, "cuda").Recall());
        foreach (var other in (MethodVersions[])[bench.Method with { Train = "2" }, bench.Method with { Evaluate = "2" }, bench.Method with { Quantize = "2" }, bench.Method with { Package = "2" }])
            Assert.Null(new Standstill(bench.Workspace, other, "cpu").Recall());
        Assert.Equal(12, Recall(bench));
    }

    [Fact]
    public async Task Damage_anywhere_in_the_memory_is_noticed()
    {
        using var bench = await StillAsync();
        var path = Path.Combine(bench.Workspace.StateFolder, "standstill");
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = bytes.ToArray();
            damaged[i] ^= 0x20;
            File.WriteAllBytes(path, damaged);
            Assert.Null(Recall(bench));
            File.WriteAllBytes(path, bytes[..i]);
            Assert.Null(Recall(bench));
        }
    }

    [Fact]
    public async Task Data_in_a_folder_are_looked_at_anew_each_time()
    {
        using var bench = new Bench();
        StoredDataTests.Fill(bench.UseStoredData());
        await BuildLaterAsync(bench);
        Bench.AllUpToDate(await BuildLaterAsync(bench));
        Assert.Null(Recall(bench));
    }

    [Theory]
    [InlineData("request.xml")]
    [InlineData("dq.lock")]
    [InlineData(".dq/out/dq/model.safetensors")]
    public async Task Another_question_has_its_own_memory(string touched)
    {
        using var bench = await StillAsync(remembered: false);
        var memory = await AskedElsewhereAsync(bench);
        Assert.Equal("said\tbefore\n", memory.Recall());
        Assert.Null(new Standstill(Path.Combine(bench.Folder, "asked", "answer"), bench.Method, "cpu", "another question").Recall());
        Assert.Null(new Standstill(Path.Combine(bench.Folder, "asked", "answer"), bench.Method, "cpu", "").Recall());
        Assert.Null(Recall(bench));
        File.SetLastWriteTimeUtc(Path.Combine(bench.Folder, touched), DateTime.UtcNow.AddHours(1));
        Assert.Null(memory.Recall());
    }

    [Fact]
    public async Task A_file_that_was_absent_and_appears_ends_it()
    {
        using var bench = await StillAsync(remembered: false);
        File.Delete(bench.Workspace.DeclarationPath);
        var memory = await AskedElsewhereAsync(bench);
        Assert.Equal("said\tbefore\n", memory.Recall());
        await File.WriteAllTextAsync(bench.Workspace.DeclarationPath, "{ }");
        Assert.Null(memory.Recall());
    }

    private static async Task<Standstill> AskedElsewhereAsync(Bench bench)
    {
        await File.WriteAllTextAsync(Path.Combine(bench.Folder, "request.xml"), "<dq />");
        var memory = new Standstill(Path.Combine(bench.Folder, "asked", "answer"), bench.Method, "cpu", "question");
        var result = await BuildLaterAsync(bench, options => options with { AsDeclared = null });
        Bench.AllUpToDate(result);
        memory.Remember(bench.Workspace, bench.Pipeline, [.. result.Targets.Select(target => target.Target)], "said\tbefore\n", [Path.Combine(bench.Folder, "request.xml")], Later(bench));
        return memory;
    }

    private static int? Recall(Bench bench) => new Standstill(bench.Workspace, bench.Method, "cpu").Recall() is { } answer ? StandstillAnswer.Read(answer)!.Targets : null;

    /// <summary>A finished build of two models on a data file, and, if asked for, the memory of it.</summary>
    private static async Task<Bench> StillAsync(bool remembered = true, Action<Bench>? prepare = null)
    {
        var bench = new Bench();
        prepare?.Invoke(bench);
        await File.WriteAllTextAsync(bench.UseStoredData("data.zip"), "data");
        await File.WriteAllTextAsync(bench.Workspace.DeclarationPath, "{ }");
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        if (remembered)
        {
            await BuildLaterAsync(bench);
            Assert.Equal(12, Recall(bench));
        }

        return bench;
    }

    /// <summary>Builds when every file is old enough for its stamp to prove something.</summary>
    private static Task<BuildResult> BuildLaterAsync(Bench bench, Func<BuildOptions, BuildOptions>? change = null) => BuildAtAsync(bench, new LaterClock(), change);

    private static Task<BuildResult> BuildAtAsync(Bench bench, TimeProvider clock, Func<BuildOptions, BuildOptions>? change = null)
    {
        var options = bench.Options() with { AsDeclared = DeclarationMoment.Now(bench.Workspace, clock) };
        return new Builder(bench.Workspace, bench.Graph(), bench.Executor, change?.Invoke(options) ?? options, time: clock).RunAsync();
    }

    /// <summary>The moment of a reading at which every file is old enough.</summary>
    private static DeclarationMoment Later(Bench bench) => DeclarationMoment.Now(bench.Workspace, new LaterClock());

    /// <summary>A clock that stands where dq.json was written.</summary>
    private static StandingClock Written(Bench bench) => new(File.GetLastWriteTimeUtc(bench.Workspace.DeclarationPath));

    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(10);
    }

    private sealed class StandingClock(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
