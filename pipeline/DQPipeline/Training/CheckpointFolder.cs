using DQPipeline.Declarations;
using DQPipeline.Export;

namespace DQPipeline.Training;

/// <summary>
/// The checkpoints of one target: the newest and the one before it. Whoever opens the folder holds it alone, so that a worker that outlived its
/// build and a new one never write together.
/// </summary>
public sealed class CheckpointFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly FileStream hold;
    private readonly string folder;

    private CheckpointFolder(string folder, FileStream hold) => (this.folder, this.hold) = (folder, hold);

    private string Newest => Path.Combine(folder, "checkpoint.safetensors");

    private string Previous => Path.Combine(folder, "checkpoint.previous.safetensors");

    private string Draft => Path.Combine(folder, "checkpoint.new.safetensors");

    /// <summary>Opens the folder, and waits while another process holds it.</summary>
    /// <exception cref="DqException">DQ6004: the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    internal static CheckpointFolder Open(string folder, Action<Diagnostic>? onWarning, CancellationToken cancellation)
    {
        var told = false;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                Directory.CreateDirectory(folder);
                return new CheckpointFolder(folder, Hold(folder));
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (!told)
                    onWarning?.Invoke(new Diagnostic(DiagnosticCodes.Busy, $"Another process trains in '{folder}'; waiting for it to end.", Severity: Severity.Warning));
                told = true;
                cancellation.WaitHandle.WaitOne(Patience);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw AtomicFile.CannotWrite(folder, e);
            }
        }
    }

    /// <summary>Writes a checkpoint. At every moment at least one whole checkpoint exists, once one was written.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be written; the older ones are as they were.</exception>
    internal void Save(SafetensorsFile state)
    {
        state.Write(Draft);
        try
        {
            if (File.Exists(Newest))
                File.Move(Newest, Previous, overwrite: true);
            File.Move(Draft, Newest, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.CannotWrite(Newest, e);
        }
    }

    /// <summary>Restores the newest usable checkpoint; says DQ3006 of each that is not.</summary>
    /// <returns>False where there is none: the training starts over.</returns>
    internal bool TryRestore(TrainingState state, string key, Action<Diagnostic>? onWarning)
    {
        foreach (var path in new[] { Newest, Previous }.Where(File.Exists))
        {
            try
            {
                if (state.TryRestore(SafetensorsFile.Read(path), key))
                    return true;
            }
            catch (Exception e) when (e is DqException or InvalidDataException)
            {
                var why = e is DqException coded ? coded.Diagnostics[0].Message : $"'{path}' cannot be used: {e.Message}.";
                onWarning?.Invoke(new Diagnostic(DiagnosticCodes.CheckpointUnusable, $"A checkpoint is left aside. {why}", Severity: Severity.Warning));
            }
        }

        return false;
    }

    /// <summary>Gives the folder free.</summary>
    public void Dispose() => hold.Dispose();

    private static FileStream Hold(string folder) =>
        new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.None);

    /// <summary>Whether the failure says that another process has the file open: EWOULDBLOCK of Linux and macOS, ERROR_SHARING_VIOLATION of Windows.</summary>
    private static bool IsHeld(IOException e) => (e.HResult & 0xffff) is 11 or 35 or 32;
}
