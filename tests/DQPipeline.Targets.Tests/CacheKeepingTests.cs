using DQPipeline.Declarations;
using DQPipeline.Targets.Building;

namespace DQPipeline.Targets.Tests;

/// <summary>What is listed, found damaged, and thrown away.</summary>
public class CacheKeepingTests
{
    [Fact]
    public async Task Results_are_listed_with_the_targets_that_they_are_of()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var before = CacheKeeping.List(bench.Workspace);
        // Two models, a clean cell of each and four attacked ones.
        Assert.Equal(12, before.Count);
        Assert.Equal(["train/full"], before.Single(result => result.Outputs.Count > 0 && result.Targets.Contains("train/full")).Targets);
        bench.ChangeModel("dq", model => model with { Epochs = 77 });
        await bench.BuildAsync();
        var after = CacheKeeping.List(bench.Workspace);
        Assert.Equal(12 + 6, after.Count);
        Assert.Equal(6, after.Count(result => result.Targets.Count == 0));
        Assert.Equal(Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "objects"), "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length), CacheKeeping.Size(bench.Workspace));
    }

    [Fact]
    public async Task Collecting_keeps_what_the_lock_records_and_what_is_young()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        bench.ChangeModel("dq", model => model with { Epochs = 77 });
        await bench.BuildAsync();
        Assert.Equal((0, 0L), CacheKeeping.Collect(bench.Workspace, DateTimeOffset.UtcNow.AddDays(-1)));
        var (results, bytes) = CacheKeeping.Collect(bench.Workspace, DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(6, results);
        Assert.True(bytes > 0);
        Assert.DoesNotContain(CacheKeeping.List(bench.Workspace), result => result.Targets.Count == 0);
        // Everything that is declared comes back as it was.
        Directory.Delete(bench.Workspace.OutFolder, recursive: true);
        var again = await bench.BuildAsync();
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(0, again.Count(Outcome.Built));
    }

    /// <summary>What others would only download to throw it away.</summary>
    [Fact]
    public async Task What_is_damaged_is_not_pushed()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        var file = Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "objects"), "*", SearchOption.AllDirectories)[0];
        var bytes = File.ReadAllBytes(file);
        bytes[^5] ^= 1;
        File.WriteAllBytes(file, bytes);
        var remote = Path.Combine(bench.Folder, "shared");
        var told = new List<Diagnostic>();
        Assert.Equal(11, await CacheKeeping.PushAsync(bench.Workspace, new() { Remote = remote }, _ => null, told.Add, default));
        Assert.Equal("DQ6001", Assert.Single(told).Code);
        Assert.False(File.Exists(Path.Combine(remote, "cas", Path.GetFileName(file))));
    }

    [Fact]
    public async Task What_is_damaged_is_removed_and_told_and_the_rest_stays()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        Assert.Equal(new CacheCheck(12, 2, 0), CacheKeeping.Verify(bench.Workspace, _ => Assert.Fail("nothing is damaged")));
        var file = Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "objects"), "*", SearchOption.AllDirectories)[0];
        var result = Directory.GetFiles(Path.Combine(bench.Workspace.CacheFolder, "results"), "*", SearchOption.AllDirectories)[0];
        foreach (var path in new[] { file, result })
        {
            var bytes = File.ReadAllBytes(path);
            bytes[^5] ^= 1;
            File.WriteAllBytes(path, bytes);
        }

        var told = new List<Diagnostic>();
        Assert.Equal(new CacheCheck(11, 1, 2), CacheKeeping.Verify(bench.Workspace, told.Add));
        Assert.Equal(["DQ6001", "DQ6001"], told.Select(diagnostic => diagnostic.Code));
        Assert.False(File.Exists(file) || File.Exists(result));
    }

    [Fact]
    public void Decoded_images_count_and_go_when_no_build_used_them_since()
    {
        using var bench = new Bench();
        var folder = Directory.CreateDirectory(bench.Workspace.ImagesFolder).FullName;
        foreach (var (name, bytes, days) in new[] { ("old.safetensors", 700, 40), ("used.safetensors", 500, 1), ("half.safetensors.tmp-1", 30, 0), ("making.lock", 0, 90) })
        {
            File.WriteAllBytes(Path.Combine(folder, name), new byte[bytes]);
            File.SetLastWriteTimeUtc(Path.Combine(folder, name), DateTime.UtcNow.AddDays(-days));
        }

        Assert.Equal(1230, CacheKeeping.Size(bench.Workspace));
        Assert.Equal((0, 730L), CacheKeeping.Collect(bench.Workspace, DateTimeOffset.UtcNow.AddDays(-30)));
        Assert.Equal(["making.lock", "used.safetensors"], Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(500, CacheKeeping.Size(bench.Workspace));
    }

    [Fact]
    public async Task A_build_that_works_there_is_not_disturbed()
    {
        using var bench = new Bench();
        await bench.BuildAsync();
        using var held = ExclusiveFile.TryOpen(Path.Combine(bench.Workspace.DqFolder, "build.lock"));
        Assert.NotNull(held);
        Assert.Equal(DiagnosticCodes.Busy, Assert.Throws<DqException>(() => CacheKeeping.Collect(bench.Workspace, DateTimeOffset.UtcNow)).Diagnostics[0].Code);
        bench.ChangeModel("dq", model => model with { Epochs = 77 });
        var failure = await Assert.ThrowsAsync<DqException>(() => bench.BuildAsync(options => options with { NoWait = true }));
        Assert.Equal(DiagnosticCodes.Busy, failure.Diagnostics[0].Code);
        Assert.Contains("another build works in", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_was_built_there_is_nothing()
    {
        using var bench = new Bench();
        Assert.Empty(CacheKeeping.List(bench.Workspace));
        Assert.Equal(new CacheCheck(0, 0, 0), CacheKeeping.Verify(bench.Workspace, _ => { }));
        Assert.Equal((0, 0L), CacheKeeping.Collect(bench.Workspace, DateTimeOffset.UtcNow));
    }
}
