using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Building;

/// <summary>
/// The right to build in a workspace, held by one process at a time: an exclusive lock on an open file, which the system releases however its holder ends.
/// </summary>
internal sealed class BuildLock : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _stream;

    private BuildLock(FileStream stream) => _stream = stream;

    /// <summary>Waits for the right; <paramref name="waiting"/> is told of whoever has it, whenever that is another.</summary>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ6004: the folder cannot be written; DQ6007: another has the right, and is not to be waited for.</exception>
    public static async Task<BuildLock> AcquireAsync(Workspace workspace, bool wait, Action<string> waiting, TimeProvider time, CancellationToken cancellation)
    {
        workspace.EnsureDqFolder();
        var path = Path.Combine(workspace.DqFolder, "build.lock");
        var ownerPath = Path.Combine(workspace.DqFolder, "build.owner");
        string? told = null;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ExclusiveFile.TryOpen(path) is { } stream)
            {
                var owner = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName} since {time.GetLocalNow():HH:mm:ss}");
                AtomicFile.Write(ownerPath, System.Text.Encoding.UTF8.GetBytes(owner));
                return new(stream);
            }

            var holder = ReadOwner(ownerPath);
            if (!wait)
                throw new DqException(DiagnosticCodes.Busy, $"another build works in {workspace.Folder} ({holder}); wait for it, or leave --no-wait out");
            if (holder != told)
                waiting(told = holder);
            await Task.Delay(s_pause, time, cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static string ReadOwner(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return "another process";
        }
    }
}
