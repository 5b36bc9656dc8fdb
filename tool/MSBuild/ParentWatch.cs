using System.Diagnostics;

namespace DQPipeline.Tool.MSBuild;

/// <summary>Cancels when the process that started this one is gone: a killed MSBuild node must not leave a training behind that holds the folder.</summary>
internal sealed class ParentWatch : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly Process? _parent;

    /// <summary>Watches a process; <paramref name="id"/> 0 is nobody.</summary>
    public ParentWatch(int id, CancellationToken cancellation)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (id == 0)
            return;
        try
        {
            _parent = Process.GetProcessById(id);
            _parent.EnableRaisingEvents = true;
            _parent.Exited += (_, _) => Cancel();
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException)
        {
            Cancel();
        }
    }

    /// <summary>Cancelled when the parent is gone, or when the command itself is cancelled.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _parent?.Dispose();
        _source.Dispose();
    }

    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The build was over first.
        }
    }
}
