using System.Globalization;
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
        Bench.AllUpToDate(await bench.BuildAsync(options => options with { AsDeclared = true }));
        Assert.Null(Recall(bench));
    }

    [Fact]
    public async Task It_is_not_remembered_of_overridden_declarations_or_of_a_part()
    {
        using var bench = await StillAsync(remembered: false);
        await BuildLaterAsync(bench, options => options with { AsDeclared = false });
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
        Directory.CreateDirectory(bench.UseStoredData("data"));
        await File.WriteAllTextAsync(Path.Combine(bench.Folder, "data", "a"), "a");
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
        var result = await BuildLaterAsync(bench, options => options with { AsDeclared = false });
        Bench.AllUpToDate(result);
        memory.Remember(bench.Workspace, bench.Pipeline, [.. result.Targets.Select(target => target.Target)], "said\tbefore\n", [Path.Combine(bench.Folder, "request.xml")], new LaterClock().GetUtcNow());
        return memory;
    }

    private static int? Recall(Bench bench) => new Standstill(bench.Workspace, bench.Method, "cpu").Recall() is { } answer ? int.Parse(answer, CultureInfo.InvariantCulture) : null;

    /// <summary>A finished build of two models on a data file, and, if asked for, the memory of it.</summary>
    private static async Task<Bench> StillAsync(bool remembered = true)
    {
        var bench = new Bench();
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
    private static Task<BuildResult> BuildLaterAsync(Bench bench, Func<BuildOptions, BuildOptions>? change = null)
    {
        var options = bench.Options() with { AsDeclared = true };
        return new Builder(bench.Workspace, bench.Graph(), bench.Executor, change?.Invoke(options) ?? options, time: new LaterClock()).RunAsync();
    }

    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(10);
    }
}
