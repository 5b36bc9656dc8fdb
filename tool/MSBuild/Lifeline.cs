using System.Diagnostics;

namespace DQPipeline.Tool.MSBuild;

/// <summary>
/// Cancels when MSBuild no longer wants an answer: the process that started this one is gone (a killed node must not leave a training behind that holds the folder), or the
/// task has written the file by which it asks for an end. A file, because a task can neither signal a process on every system nor write to its input.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _source;
    private readonly Timer? _timer;
    private readonly Process? _parent;

    /// <param name="parent">The id of the process that is watched; 0 for none.</param>
    /// <param name="cancelFile">The file that asks for an end; empty for none.</param>
    /// <param name="cancellation">The command's own cancellation.</param>
    public Lifeline(int parent, string cancelFile, CancellationToken cancellation)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (cancelFile.Length > 0)
            _timer = new Timer(_ => CancelIf(File.Exists(cancelFile)), null, s_pause, s_pause);
        if (parent == 0)
            return;
        try
        {
            _parent = Process.GetProcessById(parent);
            _parent.EnableRaisingEvents = true;
            _parent.Exited += (_, _) => CancelIf(true);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException)
        {
            CancelIf(true);
        }
    }

    /// <summary>Cancelled when nobody waits for an answer.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _timer?.Dispose();
        _parent?.Dispose();
        _source.Dispose();
    }

    private void CancelIf(bool isOver)
    {
        try
        {
            if (isOver)
                _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The build was over first.
        }
    }
}
