using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Caching;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Tests;

/// <summary>What one machine built, no other builds; and nothing that a server does fails a build or changes what comes of it.</summary>
public sealed class RemoteCacheTests : IDisposable
{
    private readonly CacheServer server = new();
    private readonly Bench first = new();
    private readonly Bench second = new();
    private readonly Dictionary<string, string> environment = [];

    public void Dispose()
    {
        server.Dispose();
        first.Dispose();
        second.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_clone_runs_nothing_and_has_the_same_files(bool http)
    {
        var remote = http ? server.Address : Path.Combine(first.Folder, "shared");
        var result = await BuildAsync(first, remote);
        Assert.Equal((0, 12), (result.ExitCode, result.Count(Outcome.Built)));
        Assert.Empty(result.Diagnostics);
        var other = await BuildAsync(second, remote);
        Assert.Empty(second.Executor.Jobs);
        Assert.Equal((0, 12), (other.ExitCode, other.Count(Outcome.FromCache)));
        Assert.Empty(other.Diagnostics);
        Assert.Equal(first.LockBytes(), second.LockBytes());
        Assert.Equal(File.ReadAllBytes(first.Output("dq")), File.ReadAllBytes(second.Output("dq")));
        // Nothing is asked about once it is here.
        var asked = server.Requests.Count;
        Bench.AllUpToDate(await BuildAsync(second, remote));
        Assert.Equal(asked, server.Requests.Count);
    }

    [Fact]
    public async Task On_a_clean_clone_with_its_lock_files_come_when_they_are_read()
    {
        await BuildAsync(first, server.Address);
        first.BecomeCleanClone();
        Bench.AllUpToDate(await BuildAsync(first, server.Address));
        Assert.False(File.Exists(first.Output("dq")));
        first.ChangeEvaluation(evaluation => evaluation with { Epsilon = [3] });
        var result = await BuildAsync(first, server.Address);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(first.Executor.Trained);
        Assert.True(File.Exists(first.Output("dq")));
    }

    [Theory]
    [InlineData(Manner.Broken, "DQ6010")]
    [InlineData(Manner.Truncating, "DQ6010")]
    [InlineData(Manner.Lying, "DQ6011")]
    [InlineData(Manner.Endless, "DQ6010")]
    [InlineData(Manner.Locked, "DQ6010")]
    public async Task A_server_that_answers_wrongly_changes_nothing_but_the_work(Manner manner, string code)
    {
        await BuildAsync(first, server.Address);
        server.Manner = manner;
        var result = await BuildAsync(second, server.Address);
        Assert.Equal((0, 12), (result.ExitCode, result.Count(Outcome.Built)));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal((code, Severity.Warning), (diagnostic.Code, diagnostic.Severity)));
        Assert.NotEmpty(result.Diagnostics);
        Assert.Equal(first.LockBytes(), second.LockBytes());
        Assert.Equal(File.ReadAllBytes(first.Output("dq")), File.ReadAllBytes(second.Output("dq")));
        if (code == "DQ6010")
            Assert.Equal(2, result.Diagnostics.Count);
    }

    /// <summary>What is lied about once is not taken the next time either.</summary>
    [Fact]
    public async Task A_lie_leaves_nothing_behind()
    {
        await BuildAsync(first, server.Address);
        foreach (var (name, bytes) in server.Files.Where(file => file.Key.StartsWith("cas/", StringComparison.Ordinal)))
            server.Files[name] = [.. bytes.Select(one => (byte)(one ^ 1))];
        var result = await BuildAsync(second, server.Address);
        Assert.Equal(["train/dq", "train/full"], second.Executor.Trained);
        // Measurements have no files and are taken; models are trained to the same bytes as those that they are of.
        Assert.Equal((0, 2, 10), (result.ExitCode, result.Count(Outcome.Built), result.Count(Outcome.FromCache)));
        Assert.Equal(first.LockBytes(), second.LockBytes());
        Assert.Equal(File.ReadAllBytes(first.Output("dq")), File.ReadAllBytes(second.Output("dq")));
    }

    /// <summary>A sound file under its name, and a result that is sealed and says another size of it.</summary>
    [Fact]
    public async Task A_result_that_lies_about_a_size_is_made_again()
    {
        await BuildAsync(first, server.Address);
        foreach (var (name, bytes) in server.Files.Where(file => file.Key.StartsWith("ac/", StringComparison.Ordinal)))
        {
            var record = ContentCache.Decode(bytes, name["ac/".Length..])!;
            server.Files[name] = ContentCache.Encode(new(record.Key, [.. record.Outputs.Select(output => output with { Size = output.Size + 1 })], record.Metrics, record.Standing, record.Curve));
        }

        var result = await BuildAsync(second, server.Address);
        Assert.Equal(["train/dq", "train/full"], second.Executor.Trained);
        Assert.Equal((2, 10), Counts(result));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal(("DQ6011", Severity.Warning), (diagnostic.Code, diagnostic.Severity)));
        Assert.Equal(first.LockBytes(), second.LockBytes());
    }

    [Fact]
    public async Task A_result_with_files_that_its_target_does_not_make_is_made_again()
    {
        await BuildAsync(first, server.Address);
        var file = server.Files.Keys.First(name => name.StartsWith("cas/", StringComparison.Ordinal));
        foreach (var (name, bytes) in server.Files.Where(file => file.Key.StartsWith("ac/", StringComparison.Ordinal)))
        {
            var record = ContentCache.Decode(bytes, name["ac/".Length..])!;
            server.Files[name] = ContentCache.Encode(new(record.Key, [.. record.Outputs, new(new('n', 300), file["cas/".Length..], server.Files[file].Length)], record.Metrics, record.Standing, record.Curve));
        }

        // Of measurements too, which make none.
        Assert.Equal((12, 0), Counts(await BuildAsync(second, server.Address)));
        Assert.Equal(first.LockBytes(), second.LockBytes());
    }

    [Fact]
    public async Task A_server_that_is_down_or_full_is_told_of_twice_and_then_left_alone()
    {
        var down = await BuildAsync(first, $"http://127.0.0.1:{CacheServer.FreePort()}/");
        Assert.Equal((0, 12, 2), (down.ExitCode, down.Count(Outcome.Built), down.Diagnostics.Count(diagnostic => diagnostic.Code == "DQ6010")));
        Assert.Contains("left out for the rest of this build", down.Diagnostics[1].Message, StringComparison.Ordinal);
        server.Manner = Manner.Full;
        var full = await BuildAsync(second, server.Address);
        Assert.Equal((0, 12), (full.ExitCode, full.Count(Outcome.Built)));
        Assert.Contains(full.Diagnostics, diagnostic => diagnostic.Message.Contains("has no room", StringComparison.Ordinal));
        Assert.Empty(server.Files);
    }

    [Fact]
    public async Task What_fails_once_is_asked_again_and_not_told()
    {
        await BuildAsync(first, server.Address);
        server.Manner = Manner.Flapping;
        var result = await BuildAsync(second, server.Address);
        Assert.Empty(second.Executor.Jobs);
        Assert.Empty(result.Diagnostics);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "true")]
    public async Task Where_writing_is_forbidden_nothing_is_written(bool write, string? readOnly)
    {
        if (readOnly is not null)
            environment["DQ_CACHE_READONLY"] = readOnly;
        await BuildAsync(first, server.Address, cache => cache with { Write = write });
        Assert.Empty(server.Files);
        Assert.DoesNotContain(server.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signed_results_are_taken_from_who_may_sign_and_no_others()
    {
        var (mine, shared) = ResultSignature.Create();
        var (_, strangers) = ResultSignature.Create();
        CacheDeclaration Signed(CacheDeclaration cache, params string[] keys) => cache with { Trust = CacheDeclaration.Signed, Keys = keys };
        await BuildAsync(first, server.Address);
        // Unsigned.
        var refused = await BuildAsync(second, server.Address, cache => Signed(cache, shared) with { Write = false });
        Assert.Equal((0, 12), (refused.ExitCode, refused.Count(Outcome.Built)));
        Assert.All(refused.Diagnostics, diagnostic => Assert.Equal("DQ6011", diagnostic.Code));

        environment["DQ_CACHE_SIGNING_KEY"] = mine;
        server.Files.Clear();
        first.BecomeCleanClone();
        File.Delete(first.Workspace.LockPath);
        await BuildAsync(first, server.Address);
        environment.Clear();
        foreach (var (keys, builds) in new (string[], int)[] { ([strangers], 12), ([strangers, shared], 0) })
        {
            second.BecomeCleanClone();
            File.Delete(second.Workspace.LockPath);
            var result = await BuildAsync(second, server.Address, cache => Signed(cache, keys) with { Write = false });
            Assert.Equal((0, builds), (result.ExitCode, result.Count(Outcome.Built)));
        }

        // A signature is of its result alone.
        var results = server.Files.Where(file => file.Key.StartsWith("ac/", StringComparison.Ordinal)).Take(2).ToList();
        var other = Encoding.UTF8.GetString(results[1].Value).Split('\n')[1];
        server.Files[results[0].Key] = Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetString(results[0].Value).Split('\n')[0]}\n{other}\n");
        second.BecomeCleanClone();
        File.Delete(second.Workspace.LockPath);
        Assert.Equal(1, (await BuildAsync(second, server.Address, cache => Signed(cache, shared) with { Write = false })).Count(Outcome.Built));
    }

    /// <summary>A machine that may not sign has nothing to give where only signed results are taken, and would spoil what others gave.</summary>
    [Fact]
    public async Task Without_the_key_nothing_takes_the_place_of_signed_results()
    {
        var (mine, shared) = ResultSignature.Create();
        CacheDeclaration Signed(CacheDeclaration cache) => cache with { Trust = CacheDeclaration.Signed, Keys = [shared] };
        environment["DQ_CACHE_SIGNING_KEY"] = mine;
        await BuildAsync(first, server.Address, Signed);
        var files = server.Files.ToDictionary();
        environment.Clear();
        first.BecomeCleanClone();
        File.Delete(first.Workspace.LockPath);
        Assert.Equal(12, (await BuildAsync(first, server.Address, Signed, force: true)).Count(Outcome.Built));
        Assert.Equal(files, server.Files.ToDictionary());
        var pushed = await Assert.ThrowsAsync<DqException>(() => CacheKeeping.PushAsync(first.Workspace, first.Pipeline.Cache, _ => null, _ => { }, default));
        Assert.Equal(("DQ6011", true), (pushed.Diagnostics[0].Code, pushed.Message.Contains("DQ_CACHE_SIGNING_KEY", StringComparison.Ordinal)));
        Assert.Equal((0, 12), Counts(await BuildAsync(second, server.Address, Signed)));
    }

    /// <summary>Who finds a file there that is damaged or too long, and makes it anew, puts it in the place of the other.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_file_is_mended_by_whoever_makes_it_again(bool tooLong)
    {
        await BuildAsync(first, server.Address);
        var sound = server.Files.ToDictionary();
        foreach (var (name, bytes) in sound.Where(file => file.Key.StartsWith("cas/", StringComparison.Ordinal)).Take(1))
            server.Files[name] = tooLong ? [.. bytes, 0] : [.. bytes.Select(one => (byte)(one ^ 1))];
        Assert.Equal((1, 11), Counts(await BuildAsync(second, server.Address)));
        Assert.Equal(sound, server.Files.ToDictionary());
    }

    [Fact]
    public async Task Credentials_come_from_the_environment()
    {
        environment["DQ_CACHE_USER"] = "ada";
        environment["DQ_CACHE_PASSWORD"] = "1815:x";
        await BuildAsync(first, server.Address);
        Assert.All(server.Authorizations, header => Assert.Equal("Basic " + Convert.ToBase64String("ada:1815:x"u8), header));
        server.Authorizations.Clear();
        environment["DQ_CACHE_TOKEN"] = "t0ken";
        await BuildAsync(second, server.Address);
        Assert.NotEmpty(server.Authorizations);
        Assert.All(server.Authorizations, header => Assert.Equal("Bearer t0ken", header));
    }

    /// <summary>As a CI keeps them that was given them by a program: what no header can hold fails no build.</summary>
    [Theory]
    [InlineData("t0ken\n", "Bearer t0ken")]
    [InlineData("t0\nken", null)]
    public async Task Line_ends_in_a_token_do_no_harm(string token, string? expected)
    {
        environment["DQ_CACHE_TOKEN"] = token;
        Assert.Equal((12, 0), Counts(await BuildAsync(first, server.Address)));
        Assert.NotEmpty(server.Authorizations);
        Assert.All(server.Authorizations, header => Assert.Equal(expected, header));
    }

    [Fact]
    public async Task What_was_built_before_can_be_pushed_and_pulled()
    {
        await first.BuildAsync();
        var declared = new CacheDeclaration { Remote = server.Address };
        Assert.Equal(12, await CacheKeeping.PushAsync(first.Workspace, declared, _ => null, diagnostic => Assert.Fail(diagnostic.Message), default));
        Assert.Equal((12, 2), (server.Files.Keys.Count(name => name.StartsWith("ac/", StringComparison.Ordinal)), server.Files.Keys.Count(name => name.StartsWith("cas/", StringComparison.Ordinal))));
        first.BecomeCleanClone();
        Assert.Equal((2, 0), CacheKeeping.Pull(first.Workspace, declared, _ => null, diagnostic => Assert.Fail(diagnostic.Message), default));
        Assert.Equal(DiagnosticCodes.RemoteUnreachable, Assert.Throws<DqException>(() => CacheKeeping.Pull(first.Workspace, new(), _ => null, _ => { }, default)).Diagnostics[0].Code);
    }

    /// <summary>What a build does with a result from elsewhere that cannot be written here fails its target alone, and lets the others end.</summary>
    [Fact]
    public async Task A_result_that_cannot_be_taken_over_fails_its_target_alone()
    {
        var remote = Path.Combine(first.Folder, "shared");
        await BuildAsync(first, remote);
        // The trainings are to be done, their measurements to be had, and one of them not to be written.
        Directory.Delete(Path.Combine(remote, "cas"), recursive: true);
        var key = RecordedKey(first, "evaluate/robustness/full/clean");
        Directory.CreateDirectory(Path.Combine(second.Workspace.CacheFolder, "results"));
        File.WriteAllText(Path.Combine(second.Workspace.CacheFolder, "results", key[..2]), "no folder");
        var together = RecordedKeys(first).Count(one => one[..2] == key[..2]);
        var isHeld = false;
        second.Executor.Before = async (job, _) =>
        {
            if (job.Name != "train/dq")
                return;
            // Until the other model and all that is made of it have ended.
            while (second.Observer.Results.Count(result => result.Target.Id.Contains("full", StringComparison.Ordinal)) < 6)
                await Task.Yield();
            isHeld = ExclusiveFile.TryOpen(Path.Combine(second.Workspace.DqFolder, "build.lock")) is null;
        };
        var result = await BuildAsync(second, remote, jobs: 2);
        Assert.True(isHeld);
        Assert.Equal((1, together, 12 - together), (result.ExitCode, result.Count(Outcome.Failed), result.Count(Outcome.Built) + result.Count(Outcome.FromCache)));
        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Code == "DQ6004");
        Assert.Equal(12 - together, RecordedKeys(second).Count());
    }

    private static string RecordedKey(Bench bench, string id) =>
        JsonDocument.Parse(bench.LockBytes()).RootElement.GetProperty("targets").GetProperty(id).GetProperty("key").GetString()!;

    private static IEnumerable<string> RecordedKeys(Bench bench) =>
        JsonDocument.Parse(bench.LockBytes()).RootElement.GetProperty("targets").EnumerateObject().Select(target => target.Value.GetProperty("key").GetString()!);

    private static (int Built, int FromCache) Counts(BuildResult result) => (result.Count(Outcome.Built), result.Count(Outcome.FromCache));

    private async Task<BuildResult> BuildAsync(Bench bench, string remote, Func<CacheDeclaration, CacheDeclaration>? change = null, bool force = false, int jobs = 1)
    {
        var cache = new CacheDeclaration { Remote = remote };
        bench.Change(pipeline => pipeline with { Cache = change?.Invoke(cache) ?? cache });
        return await bench.BuildAsync(options => options with { Environment = name => environment.GetValueOrDefault(name), Force = force, Jobs = jobs });
    }
}
