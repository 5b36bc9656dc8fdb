using DQPipeline.Declarations;
using Polly;

namespace DQPipeline.Targets.Caching;

/// <summary>
/// A folder that several machines see. A file is written beside and renamed, so that none of them meets half of one. Over a network it may be away for a moment, or a file be replaced under who reads it: then it is asked again.
/// </summary>
internal sealed class FolderStore(string root, TimeProvider time) : IRemoteStore
{
    /// <summary>What is half-written for longer than this was left by a machine that died.</summary>
    private static readonly TimeSpan s_abandoned = TimeSpan.FromDays(1);

    private readonly ResiliencePipeline _attempts = Attempts.Create(time);
    private readonly HashSet<string> _swept = [];

    public string Name => root;

    public bool Get(string name, Stream to, long most, CancellationToken cancellation) => Try(() =>
    {
        if (!File.Exists(PathOf(name)))
            return false;
        using var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > most)
            throw new RemoteFailure($"{name} has {file.Length} bytes where {most} were to be had", isPassing: false);
        to.SetLength(0);
        file.CopyTo(to);
        return true;
    }, cancellation);

    public bool Has(string name, CancellationToken cancellation) => Try(() => File.Exists(PathOf(name)), cancellation);

    public void Put(string name, Stream content, CancellationToken cancellation) => Try(() =>
    {
        var path = PathOf(name);
        var folder = Path.GetDirectoryName(path)!;
        AtomicFile.CreateFolder(folder);
        if (_swept.Add(folder))
            AtomicFile.Sweep(folder, before: time.GetUtcNow() - s_abandoned);
        content.Position = 0;
        AtomicFile.Write(path, content.CopyTo);
        return true;
    }, cancellation);

    public void Dispose()
    {
    }

    private string PathOf(string name) => Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar));

    private bool Try(Func<bool> work, CancellationToken cancellation) => _attempts.Execute(
        _ =>
        {
            try
            {
                return work();
            }
            catch (DqException e)
            {
                throw new RemoteFailure(e.Diagnostics[0].Message, IsPassing(e.InnerException), e);
            }
            catch (Exception e) when (e is not RemoteFailure && AtomicFile.IsWriteFailure(e))
            {
                throw new RemoteFailure(e.Message.TrimEnd('.'), IsPassing(e), e);
            }
        },
        cancellation);

    /// <summary>A disk stays full and forbidden for longer than the pauses last.</summary>
    private static bool IsPassing(Exception? e) => e is IOException && !AtomicFile.IsForGood(e);
}
