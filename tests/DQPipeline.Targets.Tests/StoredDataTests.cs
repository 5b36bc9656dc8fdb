using System.Security.Cryptography;
using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

public class StoredDataTests
{
    private static void Fill(string folder)
    {
        foreach (var name in new[] { "train/0/a.png", "train/0/b.png", "train/0-1/c.png", "test/0/d.png", ".hidden/e.png" })
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "content of " + name);
        }
    }

    [Fact]
    public async Task Touching_a_file_reruns_nothing()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        File.SetLastWriteTimeUtc(Path.Combine(data, "train/0/a.png"), DateTime.UtcNow.AddDays(-3));
        File.WriteAllText(Path.Combine(data, ".DS_Store"), "left out");
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task A_same_size_edit_with_its_time_set_back_is_noticed_and_named_however_often_one_looks()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        var file = Path.Combine(data, "train/0/b.png");
        var (time, text) = (File.GetLastWriteTimeUtc(file), File.ReadAllText(file));
        File.WriteAllText(file, text.Replace('b', 'x'));
        File.SetLastWriteTimeUtc(file, time);
        for (var i = 0; i < 2; i++)
            Assert.Equal(["the data of 'street': train/0/b.png changed"], bench.Status()["train/dq"].Reasons);
        File.Delete(Path.Combine(data, "train/0/a.png"));
        File.WriteAllText(Path.Combine(data, "train/0/z.png"), "new");
        for (var i = 0; i < 2; i++)
            Assert.Equal(["the data of 'street': train/0/b.png changed, train/0/a.png is gone, train/0/z.png is new"], bench.Status()["train/dq"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(2, bench.Executor.Trained.Count());
    }

    [Fact]
    public async Task Data_in_one_file_are_noticed_by_content_and_their_name_and_place_do_not_matter()
    {
        using var bench = new Bench();
        var path = bench.UseStoredData("data.zip");
        File.WriteAllText(path, "PK one");
        await bench.BuildAsync();
        var elsewhere = Path.Combine(bench.Folder, "moved.zip");
        File.Move(path, elsewhere);
        bench.UseStoredData("moved.zip");
        Bench.AllUpToDate(await bench.BuildAsync());
        File.WriteAllText(elsewhere, "PK two");
        Assert.Equal(["the data of 'street': moved.zip changed"], bench.Status()["train/dq"].Reasons);
    }

    /// <summary>Two classes change their places before the second model is trained, and back when all is done: what was trained on them is no result of the data that were meant.</summary>
    [Fact]
    public async Task Data_that_change_while_a_build_runs_make_no_result()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        bench.Change(p => p with { Evaluate = Bench.Named(Bench.Evaluation("robustness", "full", "dq") with { Attacks = [], Epsilon = [] }) });
        var checkpoint = "";
        bench.Executor.Before = (job, _) =>
        {
            if (job is TrainJob { Name: "train/dq" } train)
            {
                Swap(data);
                checkpoint = train.CheckpointFolder;
                File.WriteAllText(Path.Combine(checkpoint, "of other data"), "");
            }

            return Task.CompletedTask;
        };
        var result = await bench.BuildAsync();
        Assert.Equal(["train/full", "train/dq"], result.Targets.Where(target => target.Target is TrainTarget).Select(target => target.Target.Id));
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal((DiagnosticCodes.DataCorrupt, new SourcePlace("dq.json", 3, 5)), (error.Code, error.Place));
        Assert.Contains("the data of 'street' changed while the build ran", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(checkpoint));
        // Nobody reads them again for nothing.
        Assert.Equal(["train/dq", "train/full"], bench.Executor.Jobs.Select(job => job.Name).Where(name => name.StartsWith("train", StringComparison.Ordinal)).Order());

        Swap(data);
        Assert.Equal(TargetState.NeverBuilt, bench.Status()["train/dq"].State);
        bench.Executor.Before = (_, _) => Task.CompletedTask;
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        using var elsewhere = new Bench();
        Fill(elsewhere.UseStoredData());
        elsewhere.Change(p => p with { Evaluate = bench.Pipeline.Evaluate });
        await elsewhere.BuildAsync();
        Assert.Equal(elsewhere.LockBytes(), bench.LockBytes());

        static void Swap(string data)
        {
            Directory.Move(Path.Combine(data, "train/0"), Path.Combine(data, "aside"));
            Directory.Move(Path.Combine(data, "train/0-1"), Path.Combine(data, "train/0"));
            Directory.Move(Path.Combine(data, "aside"), Path.Combine(data, "train/0-1"));
        }
    }

    /// <summary>The same of measurements, which come one by one, and of data in one file.</summary>
    [Fact]
    public async Task Data_that_change_while_a_model_is_measured_make_no_measurement()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData("data.zip");
        File.WriteAllText(data, "one");
        await bench.BuildOfAsync("train/full");
        bench.Executor.Before = (_, _) =>
        {
            File.WriteAllText(data, "two");
            return Task.CompletedTask;
        };
        var result = await bench.BuildOfAsync("robustness/full");
        Assert.Equal((1, 5), (result.ExitCode, result.Count(Outcome.Failed)));
        Assert.Equal(DiagnosticCodes.DataCorrupt, Assert.Single(result.Diagnostics).Code);
        File.WriteAllText(data, "one");
        Assert.All(bench.Status().Values.Where(status => status.Target is EvaluationCell), status => Assert.Equal(TargetState.NeverBuilt, status.State));
    }

    /// <summary>What changes once a worker has read it takes nothing from its result.</summary>
    [Fact]
    public async Task Data_that_change_once_they_are_read_leave_the_result_as_it_is()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData("data.zip");
        File.WriteAllText(data, "one");
        var looked = 0;
        bench.Executor.BeforeCell = _ =>
        {
            // Before the second cell: the first was taken, and so its data were found to be those that are meant.
            if (looked++ == 1)
                File.WriteAllText(data, "two");
        };
        Assert.Equal((0, 6), Ended(await bench.BuildOfAsync("robustness/full")));
        Assert.Equal(["the data of 'street': data.zip changed"], bench.Status()["train/full"].Reasons);

        static (int, int) Ended(BuildResult result) => (result.ExitCode, result.Count(Outcome.Built));
    }

    [Fact]
    public async Task Weights_that_change_while_a_build_runs_make_no_result()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "weights.safetensors");
        File.WriteAllText(path, "one");
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = path } });
        bench.Executor.Before = (job, _) =>
        {
            if (job.Name == "train/dq")
                File.WriteAllText(path, "two");
            return Task.CompletedTask;
        };
        var result = await bench.BuildOfAsync("train/dq");
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal((1, DiagnosticCodes.Weights, new SourcePlace("dq.json", 5, 3)), (result.ExitCode, error.Code, error.Place));
        File.WriteAllText(path, "one");
        Assert.Equal(TargetState.NeverBuilt, bench.Status()["train/dq"].State);
    }

    [Fact]
    public async Task Weights_to_start_from_are_noticed_by_content_and_fail_their_model_where_they_are_gone()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "weights.safetensors");
        File.WriteAllText(path, "one");
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = path } });
        await bench.BuildAsync();
        var moved = Path.Combine(bench.Folder, "moved.safetensors");
        File.Move(path, moved);
        Assert.Equal((TargetState.Broken, TargetState.UpToDate), (bench.Status()["train/dq"].State, bench.Status()["train/full"].State));
        var error = Assert.Single((await bench.BuildAsync()).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal(DiagnosticCodes.Weights, error.Code);
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = moved } });
        Bench.AllUpToDate(await bench.BuildAsync());
        File.WriteAllText(moved, "two");
        Assert.Equal(["the file of weights to start from changed"], bench.Status()["train/dq"].Reasons);
    }

    [Fact]
    public async Task Absent_optional_data_skip_with_one_warning_and_no_failure()
    {
        using var bench = new Bench();
        bench.UseStoredData(optional: true);
        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = "dq", AtLeast = 0.9 }] });
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(12, result.Count(Outcome.Skipped));
        Assert.Equal(["DQ6006", "DQ4002"], result.Diagnostics.Select(d => d.Code));
        Assert.All(result.Diagnostics, d => Assert.Equal(Severity.Warning, d.Severity));
        Assert.Equal(TargetState.Skipped, bench.Status()["train/dq"].State);
    }

    [Fact]
    public async Task Absent_data_fail_their_targets_with_the_place_and_everything_else_is_built()
    {
        using var bench = new Bench();
        var missing = new Cifar10Declaration { Name = "gone", Path = Path.Combine(bench.Folder, "gone"), Place = new("dq.json", 4, 9) };
        bench.Change(p => p with { Datasets = Bench.Named(p.Datasets["street"], missing) });
        bench.ChangeModel("dq", m => m with { Dataset = "gone" });
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal(("DQ2001", missing.Place), (error.Code, error.Place));
        Assert.Equal(6, result.Count(Outcome.Built));
        Assert.Equal(TargetState.Broken, bench.Status()["train/dq"].State);
    }

    [Fact]
    public void Unchanged_files_are_not_read_again_once_they_are_old_enough()
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        Fill(data);
        var state = Path.Combine(bench.Folder, "state");
        var (hash, _) = new FolderFingerprint(data, state, new LaterClock()).Compute(default);
        var file = Path.Combine(data, "train/0/a.png");
        // A folder in a file's place would be told apart; a file that must not be read is proof that it is not.
        var written = File.GetLastWriteTimeUtc(state);
        Assert.Equal(hash, new FolderFingerprint(data, state, new LaterClock()).Compute(default).Hash);
        Assert.Equal(written, File.GetLastWriteTimeUtc(state));
        using var locked = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(hash, new FolderFingerprint(data, state, new LaterClock()).Compute(default).Hash);
        Assert.Throws<DqException>(() => new FolderFingerprint(data, state + "-none", new LaterClock()).Compute(default));
    }

    [Fact]
    public void An_old_file_edited_at_its_size_with_its_time_set_back_is_read_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells the time of the last status change");
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        Fill(data);
        var state = Path.Combine(bench.Folder, "state");
        var (hash, _) = new FolderFingerprint(data, state, new LaterClock()).Compute(default);
        var file = Path.Combine(data, "test/0/d.png");
        var time = File.GetLastWriteTimeUtc(file);
        // The kernel stamps in steps of some milliseconds; the edit has to fall into a later one.
        var inode = FileStamp.Of(file)!.Value.Inode;
        for (var changed = FileStamp.Of(file)!.Value.Changed; FileStamp.Of(file)!.Value.Changed == changed;)
        {
            File.WriteAllText(file, "CONTENT of test/0/d.png");
            File.SetLastWriteTimeUtc(file, time);
        }

        Assert.Equal(inode, FileStamp.Of(file)!.Value.Inode);
        Assert.NotEqual(hash, new FolderFingerprint(data, state, new LaterClock()).Compute(default).Hash);
    }

    [Fact]
    public void Files_as_young_as_their_hash_are_not_trusted()
    {
        var now = DateTimeOffset.UtcNow;
        var nanoseconds = (now - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.True(new FileStamp(1, 0, nanoseconds, 1).IsRacy(now));
        Assert.True(new FileStamp(1, 0, nanoseconds - 1_900_000_000, 1).IsRacy(now));
        Assert.False(new FileStamp(1, 0, nanoseconds - 2_100_000_000, 1).IsRacy(now));
        Assert.True(new FileStamp(1, 0, nanoseconds + 3_600_000_000_000, 1).IsRacy(now));
    }

    [Fact]
    public void A_stamp_says_what_the_system_says()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "ä file");
        File.WriteAllText(path, "12345");
        var stamp = FileStamp.Of(path)!.Value;
        Assert.Equal(5, stamp.Size);
        Assert.Equal((File.GetLastWriteTimeUtc(path) - DateTime.UnixEpoch).Ticks, OperatingSystem.IsLinux() ? stamp.Modified / 100 : stamp.Modified - DateTime.UnixEpoch.Ticks);
        Assert.Null(FileStamp.Of(bench.Folder));
        Assert.Null(FileStamp.Of(path + "x"));
    }

    [Fact]
    public void Any_damage_to_what_is_remembered_of_a_folder_changes_no_hash()
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        Fill(data);
        var state = Path.Combine(bench.Folder, "state");
        var (hash, _) = new FolderFingerprint(data, state, new LaterClock()).Compute(default);
        var good = File.ReadAllBytes(state);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte[1, 255], Gen.Bool).Sample((at, flip, cut) =>
        {
            var bad = good.ToArray();
            bad[at] ^= flip;
            File.WriteAllBytes(state, cut ? bad[..at] : bad);
            // A change forces the second pass, which reads the damaged list to its end.
            File.WriteAllText(Path.Combine(data, "train/0/a.png"), "content of train/0/a.png");
            Assert.Equal(hash, new FolderFingerprint(data, state, new LaterClock()).Compute(default).Hash);
        }, iter: 200, threads: 1);
    }

    /// <summary>However it is read: keys that are recorded of folders of images hold.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folders_hash_is_that_of_its_sorted_names_and_contents(bool ofImages)
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        Fill(data);
        var expected = new MemoryStream();
        // '0' is a folder and comes before '0-1', its namesake's sibling.
        foreach (var name in new[] { "test/0/d.png", "train/0/a.png", "train/0/b.png", "train/0-1/c.png" })
        {
            expected.Write(BitConverter.GetBytes(name.Length));
            expected.Write(System.Text.Encoding.UTF8.GetBytes(name));
            expected.Write(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("content of " + name)));
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(expected.ToArray())), new FolderFingerprint(data, Path.Combine(bench.Folder, "s"), TimeProvider.System, ofImages ? new(HasTestShare: false) : null).Compute(default).Hash);
    }

    private static readonly string[] s_split = ["train/a/1.png", "train/b/1.JPG", "test/a/1.jpeg", "test/b/1.png"];

    private static readonly string[] s_alone = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"];

    /// <summary>What the loader passes over changes nothing, and what it fails on something. (A name with '/' at its end is a folder's, with '>' a link's to nothing.)</summary>
    [Theory]
    [InlineData(false, "", "Thumbs.db", false)]
    [InlineData(false, "", "train/a/readme.txt", false)]
    [InlineData(false, "", "notes/", false)]
    [InlineData(false, "", "notes/deep/", false)]
    [InlineData(false, "", "train/a/deep/", false)]
    [InlineData(false, "", "__MACOSX/train/a/1.png", false)]
    [InlineData(false, "", ".trash/1.png", false)]
    [InlineData(false, "", "train/a/2.PNG", true)]
    [InlineData(false, "", "train/empty/", true)]
    [InlineData(false, "", "test/empty/deep/", true)]
    [InlineData(false, "", "train/empty/readme.txt", true)]
    [InlineData(false, "", "train/a/gone.png>", true)]
    [InlineData(false, "", "train/a/gone.txt>", false)]
    [InlineData(false, "photos/", "photos/Thumbs.db", false)]
    [InlineData(false, "photos/", "photos/train/empty/", true)]
    [InlineData(false, "photos/", "photos/notes/", false)]
    [InlineData(false, "photos/", "Thumbs.db", true)]
    [InlineData(false, "photos/", "notes/", true)]
    [InlineData(true, "", "Thumbs.db", false)]
    [InlineData(true, "", "a/deep/", false)]
    [InlineData(true, "", "empty/", true)]
    [InlineData(true, "", "empty/deep/", true)]
    [InlineData(true, "photos/", "photos/empty/", true)]
    [InlineData(true, "photos/", "photos/Thumbs.db", false)]
    [InlineData(true, "photos/", "Thumbs.db", true)]
    public async Task Of_an_image_folder_counts_what_its_loader_reads(bool hasTestShare, string around, string added, bool counts)
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        bench.Change(p => p with { Datasets = Bench.Named(new ImageFolderDeclaration { Name = "street", Path = data, TestShare = hasTestShare ? 0.5 : 0 }) });
        foreach (var name in hasTestShare ? s_alone : s_split)
            Add(around + name);
        await bench.BuildOfAsync("train/full");
        Add(added);
        // A look that remembers the folder, and one that remembers nothing.
        for (var i = 0; i < 2; i++)
        {
            var status = bench.Status()["train/full"];
            Assert.Equal(counts ? TargetState.Stale : TargetState.UpToDate, status.State);
            if (counts)
                Assert.StartsWith("the data of 'street'", Assert.Single(status.Reasons), StringComparison.Ordinal);
            Directory.Delete(bench.Workspace.StateFolder, recursive: true);
        }

        void Add(string name)
        {
            var path = Path.Combine(data, name.TrimEnd('>'));
            Directory.CreateDirectory(name.EndsWith('/') ? path : Path.GetDirectoryName(path)!);
            if (name.EndsWith('>'))
                File.CreateSymbolicLink(path, Path.Combine(data, "nowhere"));
            else if (!name.EndsWith('/'))
                File.WriteAllText(path, "content of " + name);
        }
    }

    [Fact]
    public async Task An_empty_class_is_named_and_removing_it_is_no_change()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        Directory.CreateDirectory(Path.Combine(data, "train/empty"));
        Assert.Equal(["the data of 'street': train/empty/ is new"], bench.Status()["train/dq"].Reasons);
        Directory.Delete(Path.Combine(data, "train/empty"));
        Assert.Equal(TargetState.UpToDate, bench.Status()["train/dq"].State);
    }

    /// <summary>However often one looks in between, what came and went is no change, and what changed twice is one.</summary>
    [Fact]
    public async Task Changes_that_undo_each_other_are_not_told()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        string At(string name) => Path.Combine(data, name);
        string Look() => Assert.Single(bench.Status()["train/dq"].Reasons);
        File.WriteAllText(At("train/0/extra.png"), "1");
        Assert.Equal("the data of 'street': train/0/extra.png is new", Look());
        File.Delete(At("train/0/extra.png"));
        File.WriteAllText(At("train/0/other.png"), "1");
        Assert.Equal("the data of 'street': train/0/other.png is new", Look());
        File.WriteAllText(At("train/0/other.png"), "2");
        File.Delete(At("train/0/a.png"));
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png is gone", Look());
        File.WriteAllText(At("train/0/a.png"), "3");
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png changed", Look());
        for (var i = 0; i < 3; i++)
            File.WriteAllText(At($"train/0/{i}.png"), "4");
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png changed, train/0/0.png is new and 2 more", Look());
    }

    [Fact]
    public void Among_many_files_a_change_is_seen_wherever_it_is()
    {
        const int files = 12_000;
        using var bench = new Bench();
        var (data, state) = (Path.Combine(bench.Folder, "data"), Path.Combine(bench.Folder, "state"));
        string At(int number) => Path.Combine(data, $"{number / 5000}", $"{number:00000}");
        for (var i = 0; i < files; i++)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(i))!);
            File.WriteAllText(At(i), $"{i}");
        }

        string Hash() => new FolderFingerprint(data, state, new LaterClock()).Compute(default).Hash;
        var hash = Hash();
        foreach (var (number, change) in new (int, Action<string>)[] { (2048, path => File.WriteAllText(path, "9999")), (7000, File.Delete), (files - 1, path => File.WriteAllText(path + "a", "new")) })
        {
            change(At(number));
            Assert.NotEqual(hash, Hash());
            File.Delete(At(number) + "a");
            File.WriteAllText(At(number), $"{number}");
            Assert.Equal(hash, Hash());
        }

        // Nothing is read where nothing changed: what is remembered is not written anew.
        var remembered = File.ReadAllBytes(state);
        var written = File.GetLastWriteTimeUtc(state);
        Assert.Equal(hash, Hash());
        Assert.Equal(written, File.GetLastWriteTimeUtc(state));
        Assert.Equal(remembered, File.ReadAllBytes(state));
    }

    [Fact]
    public void Links_are_followed_but_not_in_circles()
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        Fill(data);
        Directory.CreateSymbolicLink(Path.Combine(data, "train/0/loop"), data);
        Directory.CreateSymbolicLink(Path.Combine(data, "train/again"), Path.Combine(data, "train/0-1"));
        Assert.Equal(["test/0/d.png", "train/0/a.png", "train/0/b.png", "train/0-1/c.png", "train/again/c.png"], FolderWalk.Files(data).Select(f => f.Name));
    }

    [Fact]
    public void The_walks_order_is_the_comparisons_order() =>
        Gen.String[Gen.Char["ab-/0"], 1, 6].Array[2, 12].Sample(names =>
        {
            using var bench = new Bench();
            foreach (var name in names)
            {
                var path = Path.Combine(bench.Folder, name.Trim('/') + "/x");
                if (!name.Contains("//", StringComparison.Ordinal))
                    File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.GetDirectoryName(path)!).FullName, "x"), "");
            }

            var walked = FolderWalk.Files(bench.Folder).Select(f => f.Name).ToList();
            Assert.Equal(walked.Order(Comparer<string>.Create(FolderWalk.Compare)), walked);
        }, iter: 50, threads: 1);

    /// <summary>Ten seconds ahead, so that what was written just now is old.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(10);
    }
}
