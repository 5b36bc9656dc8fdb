using System.Diagnostics;
using System.Security.Cryptography;
using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;

namespace DQPipeline.Targets.Tests;

/// <summary>Hashes of files and folders: what is read again, what is remembered, and in which order folders are walked.</summary>
public class FingerprintTests
{
    [Fact]
    public void Unchanged_files_are_not_read_again_once_they_are_old_enough()
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        StoredDataTests.Fill(data);
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
        StoredDataTests.Fill(data);
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
        if (!OperatingSystem.IsLinux())
            return;

        // And nothing of the device, whose number is another on each machine that mounts a share.
        var start = new ProcessStartInfo("stat", ["--format=%i %Z", path]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        Assert.Equal($"{stamp.Inode} {stamp.Changed / 1_000_000_000}", process.StandardOutput.ReadToEnd().Trim());
    }

    [Fact]
    public void Any_damage_to_what_is_remembered_of_a_folder_changes_no_hash()
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        StoredDataTests.Fill(data);
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
        StoredDataTests.Fill(data);
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
        StoredDataTests.Fill(data);
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
