using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

public class RelaxedCopyTests
{
    private static readonly byte[] Library = [1, 2, 3];

    [Fact]
    public void The_copy_is_kept_once_and_found_again()
    {
        using var folder = new TemporaryFolder();
        var first = RelaxedCopy.Keep(Library, [folder.Path]);
        var written = File.GetLastWriteTimeUtc(first!);
        Assert.Equal(first, RelaxedCopy.Keep(Library, [folder.Path]));
        Assert.Equal(written, File.GetLastWriteTimeUtc(first!));
        Assert.Equal([first!], Directory.GetFiles(folder.Path));
        Assert.NotEqual(first, RelaxedCopy.Keep([4], [folder.Path]));
    }

    [Fact]
    public void A_damaged_copy_is_replaced()
    {
        using var folder = new TemporaryFolder();
        var path = RelaxedCopy.Keep(Library, [folder.Path])!;
        File.WriteAllBytes(path, [9]);
        Assert.Equal(path, RelaxedCopy.Keep(Library, [folder.Path]));
        Assert.Equal(Library, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_gives_way_to_the_next_and_then_to_a_passing_copy()
    {
        using var folder = new TemporaryFolder();
        // A file where the folder should be: nothing can be written below, not even by root.
        var blocked = Path.Combine(folder.File("blocked", ""), "dqpipeline");
        Assert.StartsWith(Path.Combine(folder.Path, "open"), RelaxedCopy.Keep(Library, [blocked, Path.Combine(folder.Path, "open")]), StringComparison.Ordinal);
        Assert.Null(RelaxedCopy.Keep(Library, [blocked]));
        Assert.Null(RelaxedCopy.Keep(Library, []));
        var seen = RelaxedCopy.Pass(Library, path => (Path: path, Bytes: File.ReadAllBytes(path)));
        Assert.Equal(Library, seen.Bytes);
        Assert.False(File.Exists(seen.Path));
    }

    [Theory]
    [InlineData("/xdg", "/home/u/.local/share", "/xdg/dqpipeline", "/home/u/.local/share/dqpipeline")]
    [InlineData("relative", "/home/u/.local/share", "/home/u/.local/share/dqpipeline", null)]
    [InlineData(null, "/home/u/.local/share", "/home/u/.local/share/dqpipeline", null)]
    [InlineData("", "", null, null)]
    public void The_cache_lies_where_the_user_keeps_caches(string? xdg, string local, string? first, string? second)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "paths of Unix");
        Assert.Equal(new[] { first, second }.OfType<string>(), RelaxedCopy.CacheFolders(xdg, local));
    }
}
