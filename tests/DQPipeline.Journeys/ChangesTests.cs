using DQPipeline.Tool.Watching;

namespace DQPipeline.Journeys;

/// <summary>What `dq watch` hears of: changes in folders that come late, are replaced, or lie behind links.</summary>
public sealed class ChangesTests : IDisposable
{
    // Far more than they take: a wait in vain is to fail.
    private const int Limit = 120_000;

    private readonly Folder _folder = new(null);
    private readonly Changes _changes = new();

    private string Photos => _folder.At("data", "photos");

    public void Dispose()
    {
        _changes.Dispose();
        _folder.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_that_comes_late_is_heard_of_and_then_what_changes_in_it()
    {
        var ended = TestContext.Current.CancellationToken;
        _changes.Watch([Photos]);
        await UntilAsync(() => Recreate(_folder.At("data")), _folder.At("data"), ended);
        _changes.Watch([Photos]);
        await UntilAsync(() => Recreate(Photos), Photos, ended);
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(Path.Combine(Photos, "cat")), Path.Combine(Photos, "cat"), ended);
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_that_is_replaced_is_heard_of_and_then_what_changes_in_the_new_one()
    {
        var ended = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(Path.Combine(Photos, "cat"));
        _changes.Watch([Photos]);
        await UntilAsync(Replace, Photos, ended);
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(Path.Combine(Photos, "cat")), Path.Combine(Photos, "cat"), ended);
        await UntilAsync(() => Recreate(Photos), Photos, ended);
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(Path.Combine(Photos, "dog")), Path.Combine(Photos, "dog"), ended);

        void Replace()
        {
            Directory.Move(Photos, _folder.At($"{Guid.NewGuid():N}"));
            Directory.CreateDirectory(Path.Combine(Photos, "cat"));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_changes_behind_links_is_heard_of_and_links_in_a_circle_end()
    {
        var ended = TestContext.Current.CancellationToken;
        Recreate(_folder.At("elsewhere", "cat"));
        Recreate(_folder.At("elsewhere", "dog"));
        Recreate(Photos);
        Directory.CreateSymbolicLink(Path.Combine(Photos, "cat"), _folder.At("elsewhere", "cat"));
        Directory.CreateSymbolicLink(_folder.At("elsewhere", "cat", "more"), _folder.At("elsewhere", "dog"));
        Directory.CreateSymbolicLink(_folder.At("elsewhere", "dog", "back"), _folder.At("elsewhere", "cat"));
        Directory.CreateSymbolicLink(Path.Combine(Photos, "all"), Photos);
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(_folder.At("elsewhere", "cat")), Path.Combine(Photos, "cat"), ended);
        await UntilAsync(() => Write(_folder.At("elsewhere", "dog")), Path.Combine(Photos, "cat", "more"), ended);
    }

    [Fact(Timeout = Limit)]
    public async Task A_link_that_is_the_data_is_heard_of_where_it_leads_and_when_it_leads_elsewhere()
    {
        var ended = TestContext.Current.CancellationToken;
        Recreate(_folder.At("data"));
        Recreate(_folder.At("first"));
        Directory.CreateSymbolicLink(Photos, _folder.At("first"));
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(_folder.At("first")), Photos, ended);
        await UntilAsync(() => Recreate(_folder.At("first")), _folder.At("first"), ended);
        await UntilAsync(Relink, Photos, ended);
        _changes.Watch([Photos]);
        await UntilAsync(() => Write(_folder.At("second")), Photos, ended);

        void Relink()
        {
            Recreate(_folder.At("second"));
            Directory.Delete(Photos);
            Directory.CreateSymbolicLink(Photos, _folder.At("second"));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_build_writes_beside_the_data_is_not_heard_of()
    {
        Recreate(Photos);
        _changes.Watch([Photos]);
        Write(Path.Combine(Photos, ".dq"));
        var written = Path.Combine(Photos, "dq.lock.tmp-1");
        File.WriteAllText(written, "");
        File.Move(written, Path.Combine(Photos, "dq.lock"));
        Write(Path.Combine(Photos, "cat"));
        Assert.StartsWith(Path.Combine(Photos, "cat"), await _changes.NextAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static void Recreate(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
    }

    private static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{Guid.NewGuid():N}.png"), "");
    }

    /// <summary>Makes a change until a path is told of, or one below it: what is told is the first of several at once, which may be left of a change before.</summary>
    private async Task UntilAsync(Action change, string path, CancellationToken ended)
    {
        string told;
        do
        {
            change();
            told = await _changes.NextAsync(ended);
        }
        while (!$"{told}/".StartsWith($"{path}/", StringComparison.Ordinal));
    }
}
