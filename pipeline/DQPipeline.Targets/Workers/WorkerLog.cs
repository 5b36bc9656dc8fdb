using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers;

/// <summary>The log of a worker, one run behind the other. A log that cannot be written (full disk) must not end the work: it falls silent.</summary>
internal sealed class WorkerLog : IDisposable
{
    /// <summary>Longer logs begin anew, the old one aside as <c>.old</c>.</summary>
    private const long Longest = 16 << 20;

    private readonly Lock _sync = new();
    private StreamWriter? _writer;

    public WorkerLog(string path)
    {
        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (new FileInfo(path) is { Exists: true, Length: > Longest })
                File.Move(path, path + ".old", overwrite: true);
            _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true, NewLine = "\n" };
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            _writer = null;
        }
    }

    public static async Task CopyAsync(StreamReader reader, WorkerLog log)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            log.Write(line);
    }

    public void Write(string line)
    {
        lock (_sync)
        {
            try
            {
                _writer?.WriteLine(line);
            }
            catch (Exception e) when (AtomicFile.IsWriteFailure(e))
            {
                Abandon();
            }
        }
    }

    public void Dispose()
    {
        lock (_sync)
            Abandon();
    }

    private void Abandon()
    {
        try
        {
            _writer?.Dispose();
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // What could not be written is lost; it was only a log.
        }

        _writer = null;
    }
}
