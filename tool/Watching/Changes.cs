using System.IO.Enumeration;
using System.Threading.Channels;

namespace DQPipeline.Tool.Watching;

/// <summary>Tells of changes to files and folders. What changes within moments counts as one: editors write in several steps, and copies come file by file.</summary>
internal sealed class Changes : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly Channel<string> _seen = Channel.CreateUnbounded<string>();
    private readonly Dictionary<string, List<FileSystemWatcher>> _watchers = new(StringComparer.Ordinal);

    /// <summary>
    /// Watches these too from now on; those that are watched already as they are now, which may be another file or folder than before, so it is to be said again after each change. What is not
    /// there is waited for where it would be.
    /// </summary>
    /// <param name="paths">Files, and folders with all that is in them and in folders that links in them lead to.</param>
    public void Watch(IEnumerable<string> paths)
    {
        foreach (var path in paths.Select(Path.GetFullPath))
        {
            if (_watchers.TryGetValue(path, out var old))
                old.ForEach(watcher => watcher.Dispose());
            AddAt(path, _watchers[path] = []);
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
        foreach (var watcher in _watchers.Values.SelectMany(watchers => watchers))
            watcher.Dispose();
    }

    private void AddAt(string path, List<FileSystemWatcher> watchers)
    {
        // Of a file, and of what is not there, the name is all that can be watched.
        AddName(path, watchers, isExtra: Directory.Exists(path));
        var target = TargetOf(path);
        if (target != path)
            AddName(target, watchers, isExtra: true);
        AddFolder(path, watchers, [target], isExtra: false);
    }

    /// <summary>Watches for whatever has this path, or for the folder that it would be in: only there it is seen that a folder is replaced, or comes.</summary>
    private void AddName(string path, List<FileSystemWatcher> watchers, bool isExtra)
    {
        if (Path.GetDirectoryName(path) is not { } folder)
            return;
        if (Directory.Exists(folder))
            Add(folder, Path.GetFileName(path), isWhole: false, watchers, isExtra);
        else
            AddName(folder, watchers, isExtra);
    }

    /// <summary>Watches a folder, where it is one. The system's watchers end at links, and images are read beyond them.</summary>
    private void AddFolder(string path, List<FileSystemWatcher> watchers, HashSet<string> seen, bool isExtra)
    {
        if (!Directory.Exists(path))
            return;
        Add(path, "*", isWhole: true, watchers, isExtra);
        foreach (var link in LinkedFolders(path))
        {
            if (!seen.Add(TargetOf(link)))
                continue;
            AddName(TargetOf(link), watchers, isExtra: true);
            AddFolder(link, watchers, seen, isExtra: true);
        }
    }

    private void Add(string folder, string filter, bool isWhole, List<FileSystemWatcher> watchers, bool isExtra)
    {
        try
        {
            var watcher = new FileSystemWatcher(folder, filter) { IncludeSubdirectories = isWhole, NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watchers.Add(watcher);
            watcher.Changed += (_, change) => See(change.FullPath);
            watcher.Created += (_, change) => See(change.FullPath);
            watcher.Deleted += (_, change) => See(change.FullPath);
            watcher.Renamed += (_, change) => See(change.FullPath);
            // More at once than the system keeps count of: something changed, and what it was a build finds out. What cannot be watched at all, by its rights or for want of watches, is no change.
            watcher.Error += (_, error) =>
            {
                if (error.GetException() is InternalBufferOverflowException)
                    See(folder);
            };
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is ArgumentException or IOException && !Directory.Exists(folder))
        {
            // It went away in between.
            See(folder);
        }
        catch (IOException) when (isExtra)
        {
            // The system gives no more watchers, and there are many links: most of the data are watched.
        }
    }

    /// <summary>Where a link leads to in the end; the path itself where it is none.</summary>
    private static string TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static FileSystemEnumerable<string> LinkedFolders(string folder) => new(
        folder, static (ref FileSystemEntry e) => e.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true })
    {
        ShouldIncludePredicate = static (ref FileSystemEntry e) => IsLink(ref e),
        ShouldRecursePredicate = static (ref FileSystemEntry e) => !IsLink(ref e),
    };

    private static bool IsLink(ref FileSystemEntry entry) => entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    /// <summary>A data folder may hold the pipeline's own, or be it, in which builds write: to .dq/ and, by way of a temporary file beside it, dq.lock.</summary>
    private void See(string path)
    {
        var name = Path.GetFileName(path);
        var isBuilt = path.Contains($"{Path.DirectorySeparatorChar}.dq{Path.DirectorySeparatorChar}", StringComparison.Ordinal) || name == ".dq" || name.StartsWith("dq.lock", StringComparison.Ordinal);
        if (!isBuilt)
            _seen.Writer.TryWrite(path);
    }
}
