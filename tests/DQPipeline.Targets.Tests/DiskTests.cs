using System.Diagnostics;
using DQPipeline.Declarations;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Tests;

/// <summary>Full and read-only disks, by a small file system in memory of its own, which only root can mount.</summary>
public class DiskTests
{
    [Fact]
    public async Task On_a_read_only_disk_an_up_to_date_build_the_status_and_the_metrics_work()
    {
        using var disk = new SmallDisk("4m");
        using var bench = new Bench(disk.Folder);
        await bench.BuildAsync();
        disk.Remount("ro");
        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Equal(14, bench.Metrics().Count);
        Assert.All(bench.Status().Values, s => Assert.Equal(TargetState.UpToDate, s.State));

        bench.ChangeModel("dq", m => m with { Epochs = 3 });
        Assert.Equal(TargetState.Stale, bench.Status()["train/dq"].State);
        var error = (await Assert.ThrowsAsync<DqException>(() => bench.BuildAsync())).Diagnostics[0];
        Assert.Equal("DQ6004", error.Code);
        Assert.Contains("read-only", error.Message, StringComparison.Ordinal);
        Assert.Contains(disk.Folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_half_written_and_with_space_the_next_build_goes_on()
    {
        using var disk = new SmallDisk("1m");
        using var bench = new Bench(disk.Folder);
        await bench.BuildOfAsync("full");
        var before = bench.LockBytes();
        // The disk fills up while the worker of dq is at work.
        var ballast = Path.Combine(disk.Folder, "ballast");
        bench.Executor.Before = (_, _) =>
        {
            disk.Fill(ballast);
            throw new IOException("No space left on device");
        };
        var result = await bench.BuildOfAsync("dq");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(before, bench.LockBytes());

        // Full when the results are to be recorded: a measurement needs no file of the worker's.
        File.Delete(ballast);
        bench.Executor.Before = (job, _) =>
        {
            if (job.Name.StartsWith("evaluate", StringComparison.Ordinal))
                disk.Fill(ballast);
            return Task.CompletedTask;
        };
        result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Diagnostics, d => d.Code == "DQ6004" && d.Message.Contains("full", StringComparison.Ordinal) && d.Message.Contains(disk.Folder, StringComparison.Ordinal));
        File.Delete(ballast);
        Assert.NotEmpty(StatusReport.Create(bench.Workspace, bench.Graph(), bench.Options()));
        Assert.Empty(Directory.GetFiles(disk.Folder, "*.tmp-*", SearchOption.AllDirectories));

        bench.Executor.Before = (_, _) => Task.CompletedTask;
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        Assert.Empty(bench.Executor.Trained);
        using var elsewhere = new Bench();
        await elsewhere.BuildAsync();
        Assert.Equal(elsewhere.LockBytes(), bench.LockBytes());
    }

    /// <summary>What is damaged and cannot be thrown away is not copied, found damaged and looked for again without an end.</summary>
    [Fact]
    public async Task A_damaged_object_that_cannot_be_removed_ends_with_a_coded_error()
    {
        using var disk = new SmallDisk("1m");
        using var bench = new Bench();
        await bench.BuildAsync();
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(bench.Output("dq"))));
        var folder = Path.Combine(bench.Workspace.CacheFolder, "objects", hash[..2]);
        var bytes = File.ReadAllBytes(Path.Combine(folder, hash));
        bytes[7] ^= 1;
        File.WriteAllBytes(Path.Combine(disk.Folder, hash), bytes);
        disk.Remount("ro");
        Directory.Delete(folder, recursive: true);
        Directory.CreateSymbolicLink(folder, disk.Folder);
        File.Delete(bench.Output("dq"));
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(["train/dq"], bench.Executor.Trained);
        Assert.Contains(result.Diagnostics, d => d.Code == "DQ6001" && d.Message.Contains("cannot be removed", StringComparison.Ordinal));
        Assert.Contains(result.Diagnostics, d => d.Code == "DQ6004" && d.Message.Contains("read-only", StringComparison.Ordinal));
    }

    private sealed class SmallDisk : IDisposable
    {
        public SmallDisk(string size)
        {
            Folder = Directory.CreateTempSubdirectory("dq-disk-").FullName;
            var isMounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", $"size={size}", "dq-test", Folder);
            if (!isMounted)
                Directory.Delete(Folder);
            _ = Testing.RealData.Require(isMounted ? "tmpfs" : null, "the right to mount a small disk");
        }

        public string Folder { get; }

        public void Remount(string how) => Assert.True(Run("mount", "-o", "remount," + how, Folder));

        public void Fill(string path)
        {
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, 0);
            var block = new byte[512];
            try
            {
                while (true)
                    stream.Write(block);
            }
            catch (IOException)
            {
            }
        }

        public void Dispose()
        {
            Run("umount", "-l", Folder);
            Directory.Delete(Folder);
        }

        private static bool Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
