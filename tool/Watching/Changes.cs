using System.Threading.Channels;

namespace DQPipeline.Tool.Watching;

/// <summary>Tells of changes to files and folders. What changes within moments counts as one: editors write in several steps, and copies come file by file.</summary>
internal sealed class Changes : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly Channel<string> _seen = Channel.CreateUnbounded<string>();
    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);

    /// <summary>Watches these too from now on. What is not there is waited for where its folder is.</summary>
    /// <param name="paths">Files, and folders with all that is in them.</param>
    public void Watch(IEnumerable<string> paths)
    {
        foreach (var path in paths.Select(Path.GetFullPath).Where(path => !_watchers.ContainsKey(path)))
        {
            var isFolder = Directory.Exists(path);
            var (folder, filter) = isFolder ? (path, "*") : (Path.GetDirectoryName(path)!, Path.GetFileName(path));
            if (!Directory.Exists(folder))
                continue;
            var watcher = new FileSystemWatcher(folder, filter) { IncludeSubdirectories = isFolder, NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watcher.Changed += (_, change) => See(change.FullPath);
            watcher.Created += (_, change) => See(change.FullPath);
            watcher.Deleted += (_, change) => See(change.FullPath);
            watcher.Renamed += (_, change) => See(change.FullPath);
            // More at once than the system keeps count of: something changed, and what it was a build finds out.
            watcher.Error += (_, _) => See(path);
            watcher.EnableRaisingEvents = true;
            _watchers.Add(path, watcher);
        }
    }

    /// <summary>Waits for a change, and until no more follow; the first path that changed.</summary>
    public async Task<string> NextAsync(CancellationToken cancellation)
    {
        var first = await _seen.Reader.ReadAsync(cancellation);
        while (true)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            quiet.CancelAfter(Quiet);
            try
            {
                await _seen.Reader.ReadAsync(quiet.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return first;
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
            watcher.Dispose();
    }

    /// <summary>A data folder may hold the pipeline's own folder, in which builds write.</summary>
    private void See(string path)
    {
        if (!path.Contains($"{Path.DirectorySeparatorChar}.dq{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            _seen.Writer.TryWrite(path);
    }
}
