using System.Diagnostics;

namespace DQPipeline.Testing;

/// <summary>Pipes among files, into which nobody writes: whoever opens one to read it waits for ever.</summary>
internal static class NamedPipe
{
    /// <summary>Makes one; skips the calling test where there are none.</summary>
    public static void Make(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a pipe in a folder");
        using var process = Process.Start(new ProcessStartInfo("mkfifo", [path]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>What a reader says of it; one that waits fails the test, and does not hold it up.</summary>
    public static Task<T> ReadAsync<T>(Func<T> read) => Task.Run(read).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
}
