using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Caching;

/// <summary>
/// The cache that several machines share, before and behind the local one: what it has is taken over after every byte was checked, and what is built here is put there in the background, files before the result that
/// names them. It never fails a build: what goes wrong is told once, and after a second failure it is left out until the build ends.
/// </summary>
internal sealed class RemoteCache : IDisposable
{
    /// <summary>Far more than any result has.</summary>
    private const long MostOfResult = 4 << 20;

    /// <summary>What a build waits for answers that are of no use to it, while each takes longer than <see cref="s_slowAnswer"/>: nobody else works meanwhile.</summary>
    private static readonly TimeSpan s_waiting = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_slowAnswer = TimeSpan.FromSeconds(0.5);

    /// <summary>What it waits for them however fast each is: thousands of quick ones are a long time too.</summary>
    private static readonly TimeSpan s_longWaiting = TimeSpan.FromMinutes(5);

    /// <summary>What a build that has nothing else left to do waits for what is still to be put there, besides <see cref="s_slowAnswer"/> for each result and a second for each <see cref="SlowestPush"/> bytes of it.</summary>
    private static readonly TimeSpan s_lastPushes = TimeSpan.FromMinutes(1);

    private const long SlowestPush = 100_000;

    /// <summary>Failures, each after several attempts, that a build has the patience for.</summary>
    private const int Patience = 2;

    private readonly IRemoteStore _store;
    private readonly ContentCache _local;
    private readonly CacheDeclaration _declared;
    private readonly string? _signingKey;
    private readonly Action<Diagnostic> _report;
    private readonly CancellationToken _cancellation;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, TargetRecord?> _found = new(StringComparer.Ordinal);

    /// <summary>Files that were asked for and did not come: what lies there under their names is none, or damaged.</summary>
    private readonly ConcurrentDictionary<string, bool> _unsound = new(StringComparer.Ordinal);
    private readonly Channel<TargetRecord> _pushes = Channel.CreateUnbounded<TargetRecord>(new() { SingleReader = true });
    private readonly Task _pushing;
    private int _failures;
    private int _pending;
    private long _pendingBytes;
    private TimeSpan _waited;
    private int _vain;

    /// <summary>A remote cache over a store.</summary>
    /// <param name="store">The store; it is given up.</param>
    /// <param name="local">The cache of this folder.</param>
    /// <param name="declared">What is declared of it.</param>
    /// <param name="signingKey">The private key that results are signed with; null signs none.</param>
    /// <param name="report">Hears of what went wrong (DQ6010 and DQ6011, warnings), from any thread.</param>
    /// <param name="time">The clock by which it is told how long answers take.</param>
    /// <param name="cancellation">Ends everything.</param>
    public RemoteCache(IRemoteStore store, ContentCache local, CacheDeclaration declared, string? signingKey, Action<Diagnostic> report, TimeProvider time, CancellationToken cancellation)
    {
        (_store, _local, _declared, _signingKey, _report, _time, _cancellation) = (store, local, declared, signingKey, report, time, cancellation);
        _pushing = Task.Run(PushAllAsync, CancellationToken.None);
    }

    /// <summary>Whether anything may be put there.</summary>
    public bool Writes => _declared.Write;

    /// <summary>Whether it is asked at all any more.</summary>
    private bool IsOff => Volatile.Read(ref _failures) >= Patience;

    /// <summary>The remote cache that is declared; null where none is.</summary>
    /// <exception cref="DqException">DQ6011: results are to be signed with a key that is none.</exception>
    public static RemoteCache? Open(CacheDeclaration declared, ContentCache local, Func<string, string?> environment, Action<Diagnostic> report, TimeProvider time, CancellationToken cancellation)
    {
        if (declared.Remote.Length == 0)
            return null;
        var signingKey = environment("DQ_CACHE_SIGNING_KEY") is { Length: > 0 } pem ? pem : null;
        if (signingKey is not null)
            _ = ResultSignature.Sign([], signingKey);
        IRemoteStore store = Uri.TryCreate(declared.Remote, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new HttpStore(address, HttpStore.Credentials(environment), time)
            : new FolderStore(declared.Remote, time);
        foreach (var key in declared.Keys)
        {
            if (ResultSignature.Complaint(key) is { } complaint)
                throw new DqException(DiagnosticCodes.RemoteUntrusted, complaint);
        }

        var readOnly = environment("DQ_CACHE_READONLY") is "true" or "1" || LacksKey(declared, environment);
        return new(store, local, declared with { Write = declared.Write && !readOnly }, signingKey, report, time, cancellation);
    }

    /// <summary>Whether results are taken only where they are signed, and there is nothing here to sign with: unsigned ones, which nobody would take, must not replace signed ones.</summary>
    public static bool LacksKey(CacheDeclaration declared, Func<string, string?> environment) =>
        declared.Trust == CacheDeclaration.Signed && environment("DQ_CACHE_SIGNING_KEY") is null or "";

    /// <summary>The result of a key; null where there is none that can be believed.</summary>
    public TargetRecord? Find(string key)
    {
        if (_found.TryGetValue(key, out var known))
            return known;
        if (IsOff)
            return null;
        TargetRecord? record = null;
        using var bytes = new MemoryStream();
        var began = _time.GetTimestamp();
        if (Ask(() => _store.Get($"ac/{key}", bytes, MostOfResult, _cancellation)))
            record = Believed(bytes.ToArray(), key);
        if (record is null)
            Waited(_time.GetElapsedTime(began));
        return _found[key] = record;
    }

    /// <summary>A plan asks for one result after the other: a store that says after seconds that it has nothing would hold up a build of a thousand targets for an hour.</summary>
    private void Waited(TimeSpan time)
    {
        _waited += time;
        if ((++_vain * s_slowAnswer > _waited && _waited < s_longWaiting) || _waited < s_waiting || IsOff)
            return;
        _ = Interlocked.Exchange(ref _failures, Patience);
        Tell(string.Create(CultureInfo.InvariantCulture, $"it took {_waited.TotalSeconds:0} s to say of {_vain} results that it has none; it is left out for the rest of this build"));
    }

    /// <summary>Brings an output into the local cache; false where that cannot be done.</summary>
    public bool Fetch(TargetOutput output)
    {
        if (IsOff)
            return false;
        AtomicFile.CreateFolder(_local.TemporaryFolder);
        var temporary = Path.Combine(_local.TemporaryFolder, $"{output.Sha256}.tmp-{Guid.NewGuid():N}");
        try
        {
            bool found;
            using (var file = AtomicFile.Create(temporary))
            {
                found = Ask(() => _store.Get($"cas/{output.Sha256}", file, output.Size, _cancellation));
                file.Flush(flushToDisk: true);
            }

            if (!found)
            {
                _unsound[output.Sha256] = true;
                return false;
            }

            if (new FileInfo(temporary).Length == output.Size && Convert.ToHexStringLower(ContentHash.OfFile(temporary)) == output.Sha256)
            {
                _ = _local.Add(output.Name, temporary);
                return true;
            }

            _unsound[output.Sha256] = true;
            Distrust($"the file {output.Sha256[..12]} has other bytes than its name, or another size than its result, says");
            return false;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(temporary, e);
        }
        finally
        {
            AtomicFile.TryDelete(temporary);
        }
    }

    /// <summary>Puts a result and its files there, in the background; nothing happens where writing is not allowed.</summary>
    public void Push(TargetRecord record)
    {
        if (!_declared.Write)
            return;
        _ = Interlocked.Increment(ref _pending);
        _ = Interlocked.Add(ref _pendingBytes, BytesOf(record));
        _ = _pushes.Writer.TryWrite(record);
    }

    /// <summary>Waits until all that was to be put there is, or will not be. After it nothing is taken on.</summary>
    public Task DrainAsync()
    {
        _ = _pushes.Writer.TryComplete();
        return _pushing;
    }

    /// <summary>The same for a build, which has nothing else left to do: a slow store is left out after a time that the bytes allow.</summary>
    public async Task EndAsync()
    {
        _ = _pushes.Writer.TryComplete();
        var time = s_lastPushes + (Volatile.Read(ref _pending) * s_slowAnswer) + TimeSpan.FromSeconds(Volatile.Read(ref _pendingBytes) / SlowestPush);
        try
        {
            await _pushing.WaitAsync(time, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The one that is being put there comes to its end, and no other is begun.
            if (Interlocked.Exchange(ref _failures, Patience) < Patience)
                Tell(string.Create(CultureInfo.InvariantCulture, $"it is slow, and {Volatile.Read(ref _pending)} results are not put there; `dq cache push` does so"));
            await _pushing.ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _ = _pushes.Writer.TryComplete();
        _store.Dispose();
    }

    private async Task PushAllAsync()
    {
        await foreach (var record in _pushes.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (!IsOff && !_cancellation.IsCancellationRequested)
                _ = Ask(() => PushNow(record));
            _ = Interlocked.Decrement(ref _pending);
            _ = Interlocked.Add(ref _pendingBytes, -BytesOf(record));
        }
    }

    private static long BytesOf(TargetRecord record) => record.Outputs.Sum(output => output.Size);

    private bool PushNow(TargetRecord record)
    {
        foreach (var output in record.Outputs)
        {
            if (!_unsound.ContainsKey(output.Sha256) && _store.Has($"cas/{output.Sha256}", _cancellation))
                continue;
            using var file = File.OpenRead(_local.ObjectPath(output.Sha256));
            _store.Put($"cas/{output.Sha256}", file, _cancellation);
        }

        var result = ContentCache.Encode(record);
        byte[] signed = _signingKey is null ? result : [.. result, .. ResultSignature.Sign(result, _signingKey)];
        using var bytes = new MemoryStream(signed);
        _store.Put($"ac/{record.Key}", bytes, _cancellation);
        return true;
    }

    private TargetRecord? Believed(byte[] bytes, string key)
    {
        var end = Array.IndexOf(bytes, (byte)'\n') + 1;
        var record = ContentCache.Decode(bytes[..end], key);
        if (record is null)
            Distrust($"the result {key[..12]} is damaged or of another key");
        else if (_declared.Trust == CacheDeclaration.Signed && !ResultSignature.Holds(bytes.AsSpan(0, end), bytes.AsSpan(end), _declared.Keys))
            Distrust($"the result {key[..12]} is not signed by a key that \"cache\": {{ \"keys\" }} names");
        else
            return record;
        return null;
    }

    /// <summary>Asks the store, and tells of it where there is no answer.</summary>
    private bool Ask(Func<bool> question)
    {
        try
        {
            return question();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isLast = Interlocked.Increment(ref _failures) == Patience;
            Tell($"{e.Message.TrimEnd('.')}; {(isLast ? "it is left out for the rest of this build" : "the build goes on without its answer")}");
            return false;
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Tell(string what) => _report(new(DiagnosticCodes.RemoteUnreachable, $"the remote cache {_store.Name}: {what}", Severity: Severity.Warning));

    private void Distrust(string what) =>
        _report(new(DiagnosticCodes.RemoteUntrusted, $"the remote cache {_store.Name}: {what}; it is not taken, and its target is built", Severity: Severity.Warning));
}
