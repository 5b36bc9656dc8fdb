using DQPipeline.Declarations;
using DQPipeline.Targets.Caching;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets;

/// <summary>A result in the cache.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Targets">The targets for which dq.lock records it; none where it is of declarations that were changed since.</param>
/// <param name="Outputs">The files that belong to it.</param>
/// <param name="Written">When it was written.</param>
public sealed record CachedResult(string Key, IReadOnlyList<string> Targets, IReadOnlyList<TargetOutput> Outputs, DateTimeOffset Written);

/// <summary>What a look at all of the cache found.</summary>
/// <param name="Results">Results that are sound.</param>
/// <param name="Objects">Files that are sound.</param>
/// <param name="Damaged">Entries that were not, and were removed.</param>
public sealed record CacheCheck(int Results, int Objects, int Damaged);

/// <summary>Looks after the cache of a folder.</summary>
public static class CacheKeeping
{
    /// <summary>The results in the cache, the newest first, without a look at the files that belong to them.</summary>
    /// <exception cref="DqException">DQ6002: dq.lock cannot be read; DQ6004: the cache cannot.</exception>
    public static IReadOnlyList<CachedResult> List(Workspace workspace)
    {
        var cache = new ContentCache(workspace.CacheFolder, _ => { });
        var recorded = LockFile.Read(workspace.LockPath).Entries.ToLookup(entry => entry.Value.Record.Key, entry => entry.Key);
        return Tell(workspace, () => cache.Keys()
            .Select(key => cache.Find(key) is not { } record ? null
                : new CachedResult(key, [.. recorded[key]], record.Outputs, File.GetLastWriteTimeUtc(cache.ResultPath(key))))
            .OfType<CachedResult>().OrderByDescending(result => result.Written).ThenBy(result => result.Key, StringComparer.Ordinal).ToList());
    }

    /// <summary>Bytes of the files in the cache, decoded images among them.</summary>
    /// <exception cref="DqException">DQ6004: the cache cannot be read.</exception>
    public static long Size(Workspace workspace)
    {
        var cache = new ContentCache(workspace.CacheFolder, _ => { });
        return Tell(workspace, () => cache.Objects().Sum(hash => FileStamp.Of(cache.ObjectPath(hash))?.Size ?? 0) + Images(workspace).Sum(file => file.Length));
    }

    /// <summary>Reads everything in the cache and removes what does not hold what its name promises.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="report">Hears of each removal (DQ6001, a warning).</param>
    /// <param name="cancellation">Ends it between two files.</param>
    /// <exception cref="DqException">DQ6004: the cache cannot be read.</exception>
    public static CacheCheck Verify(Workspace workspace, Action<Diagnostic> report, CancellationToken cancellation = default)
    {
        var damaged = 0;
        var cache = new ContentCache(workspace.CacheFolder, diagnostic =>
        {
            damaged++;
            report(diagnostic);
        });
        return Tell(workspace, () =>
        {
            var (results, objects) = (0, 0);
            foreach (var key in cache.Keys())
            {
                cancellation.ThrowIfCancellationRequested();
                results += cache.Find(key) is null ? 0 : 1;
            }

            foreach (var hash in cache.Objects())
            {
                cancellation.ThrowIfCancellationRequested();
                objects += cache.Check(hash) ? 1 : 0;
            }

            return new CacheCheck(results, objects, damaged);
        });
    }

    /// <summary>
    /// Removes results that dq.lock does not record and that are older than a time, files that belong to no result that stays, and decoded images that no build used since that time.
    /// </summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="before">The time.</param>
    /// <returns>Results that went, and bytes that were freed.</returns>
    /// <exception cref="DqException">DQ6002: dq.lock cannot be read, and says of nothing that it may go; DQ6004: something cannot be removed; DQ6007: a build works in the folder; DQ6022: a job with Slurm reads what would go.</exception>
    public static (int Results, long Bytes) Collect(Workspace workspace, DateTimeOffset before)
    {
        if (!Directory.Exists(workspace.DqFolder))
            return (0, 0);
        using var held = ExclusiveFile.TryOpen(Path.Combine(workspace.DqFolder, "build.lock"))
            ?? throw new DqException(DiagnosticCodes.Busy, $"a build works in {workspace.Folder}; collect when it is done");
        SubmittedJobs.In(workspace).RefuseIfAny();
        var all = List(workspace);
        var stays = all.Where(result => result.Targets.Count > 0 || result.Written >= before).ToList();
        // On a clean clone dq.lock may record outputs whose results were never in this cache.
        var needed = stays.SelectMany(result => result.Outputs).Concat(LockFile.Read(workspace.LockPath).Entries.Values.SelectMany(entry => entry.Record.Outputs)).Select(output => output.Sha256).ToHashSet(StringComparer.Ordinal);
        var cache = new ContentCache(workspace.CacheFolder, _ => { });
        return Tell(workspace, () =>
        {
            var freed = 0L;
            foreach (var result in all.Except(stays))
                freed += Remove(cache.ResultPath(result.Key));
            foreach (var hash in cache.Objects().Where(hash => !needed.Contains(hash)).ToList())
                freed += Remove(cache.ObjectPath(hash));
            // No build works here, so what is half made stays so.
            foreach (var file in Images(workspace).Where(file => file.LastWriteTimeUtc < before || file.Name.Contains(AtomicFile.TemporaryMark, StringComparison.Ordinal)))
                freed += Remove(file.FullName);
            return (all.Count - stays.Count, freed);
        });
    }

    /// <summary>Puts what dq.lock records, and the cache of this folder has, into the remote cache.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="declared">Which remote cache.</param>
    /// <param name="environment">Its credentials and keys.</param>
    /// <param name="report">Hears of what went wrong (DQ6010, DQ6011, warnings).</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Results that were offered; what was not taken is told.</returns>
    /// <exception cref="DqException">DQ6002: dq.lock cannot be read; DQ6010: none is declared, or nothing may be written to it; DQ6011: the signing key is none, or is missing where results are to be signed.</exception>
    public static async Task<int> PushAsync(Workspace workspace, CacheDeclaration declared, Func<string, string?> environment, Action<Diagnostic> report, CancellationToken cancellation)
    {
        var cache = new ContentCache(workspace.CacheFolder, report);
        using var remote = Remote(declared, cache, environment, report, cancellation);
        if (RemoteCache.LacksKey(declared, environment))
            throw new DqException(DiagnosticCodes.RemoteUntrusted, "results of the remote cache are taken only where they are signed (\"trust\" in dq.json), and there is no key here to sign with; set DQ_CACHE_SIGNING_KEY, or push where it is set");
        if (!remote.Writes)
            throw new DqException(DiagnosticCodes.RemoteUnreachable, "nothing may be written to the remote cache: see \"write\" in dq.json, and DQ_CACHE_READONLY in the environment");
        var records = LockFile.Read(workspace.LockPath).Entries.Values.Select(entry => entry.Record).DistinctBy(record => record.Key)
            .Where(record => record.Outputs.All(output => cache.Has(output) && cache.Check(output.Sha256))).ToList();
        records.ForEach(remote.Push);
        await remote.DrainAsync().ConfigureAwait(false);
        return records.Count;
    }

    /// <summary>Brings the files of what dq.lock records from the remote cache into that of this folder.</summary>
    /// <returns>Files that came, and files that are still missing.</returns>
    /// <inheritdoc cref="PushAsync"/>
    public static (int Came, int Missing) Pull(Workspace workspace, CacheDeclaration declared, Func<string, string?> environment, Action<Diagnostic> report, CancellationToken cancellation)
    {
        var cache = new ContentCache(workspace.CacheFolder, report);
        using var remote = Remote(declared, cache, environment, report, cancellation);
        var missing = LockFile.Read(workspace.LockPath).Entries.Values.SelectMany(entry => entry.Record.Outputs).DistinctBy(output => output.Sha256).Where(output => !cache.Has(output)).ToList();
        var came = missing.Count(remote.Fetch);
        return (came, missing.Count - came);
    }

    /// <summary>Sets of decoded images, finished or not.</summary>
    private static FileInfo[] Images(Workspace workspace) =>
        Directory.Exists(workspace.ImagesFolder) ? new DirectoryInfo(workspace.ImagesFolder).GetFiles("*.safetensors*") : [];

    private static RemoteCache Remote(CacheDeclaration declared, ContentCache cache, Func<string, string?> environment, Action<Diagnostic> report, CancellationToken cancellation) =>
        RemoteCache.Open(declared, cache, environment, report, TimeProvider.System, cancellation)
        ?? throw new DqException(DiagnosticCodes.RemoteUnreachable, "no remote cache is declared; write \"cache\": { \"remote\": \"https://…\" } or a folder into dq.json");

    private static long Remove(string path)
    {
        var size = new FileInfo(path).Length;
        File.Delete(path);
        return size;
    }

    private static T Tell<T>(Workspace workspace, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(workspace.CacheFolder, e);
        }
    }
}
