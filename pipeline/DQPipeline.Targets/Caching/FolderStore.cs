using DQPipeline.Declarations;

namespace DQPipeline.Targets.Caching;

/// <summary>A folder that several machines see. A file is written beside and renamed, so that none of them meets half of one.</summary>
internal sealed class FolderStore(string root) : IRemoteStore
{
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
    });

    public bool Has(string name, CancellationToken cancellation) => Try(() => File.Exists(PathOf(name)));

    public void Put(string name, Stream content, CancellationToken cancellation) => Try(() =>
    {
        var path = PathOf(name);
        AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
        content.Position = 0;
        AtomicFile.Write(path, content.CopyTo);
        return true;
    });

    public void Dispose()
    {
    }

    private string PathOf(string name) => Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar));

    private static bool Try(Func<bool> work)
    {
        try
        {
            return work();
        }
        catch (DqException e)
        {
            throw new RemoteFailure(e.Diagnostics[0].Message, isPassing: false, e);
        }
        catch (Exception e) when (e is not RemoteFailure && AtomicFile.IsWriteFailure(e))
        {
            throw new RemoteFailure(e.Message.TrimEnd('.'), isPassing: false, e);
        }
    }
}
