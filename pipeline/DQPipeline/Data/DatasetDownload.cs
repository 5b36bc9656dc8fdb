using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>
/// Downloads a published data set: into a .part file beside the target, from where an earlier attempt ended, with retries; renamed to its own name only once
/// its checksum is right.
/// </summary>
public sealed class DatasetDownload
{
    private const int Attempts = 5;

    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    /// <summary>A downloader.</summary>
    /// <param name="client">Sends the requests; its own <see cref="HttpClient.Timeout"/> bounds the wait for a server's first answer.</param>
    /// <param name="time">The clock of the waits between attempts; the system's by default.</param>
    public DatasetDownload(HttpClient client, TimeProvider? time = null)
    {
        _client = client;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>How long a server may send nothing before the connection is given up. The default is 30 s.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the second attempt; it doubles with each further one. The default is 1 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Brings a data set, file after file; does nothing for those that already lie there with the right checksum.</summary>
    /// <param name="dataset">What to bring.</param>
    /// <param name="folder">The folder to put it in; made where it is missing. A data set of several files gets a folder of its own in it.</param>
    /// <param name="progress">Told of every piece.</param>
    /// <param name="cancellation">Ends the download; what was received stays for the next attempt.</param>
    /// <returns>The path for a declaration: the file, or the folder of several.</returns>
    /// <exception cref="DqException">DQ2006 it cannot be had, or has the wrong checksum; DQ6004 the folder cannot be written.</exception>
    public async Task<string> FetchAsync(PublishedDataset dataset, string folder, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (dataset.Files is [var only])
            return await FetchAsync(only, folder, progress, cancellation).ConfigureAwait(false);
        folder = Path.GetFullPath(Path.Combine(folder, dataset.Kind));
        foreach (var file in dataset.Files)
            _ = await FetchAsync(file, folder, progress, cancellation).ConfigureAwait(false);
        return folder;
    }

    private async Task<string> FetchAsync(PublishedFile file, string folder, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(Path.Combine(folder, file.Name));
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(target) || !await HasChecksumAsync(target, file.Md5, cancellation).ConfigureAwait(false))
                await ReceiveAsync(file, target, progress, cancellation).ConfigureAwait(false);
            return target;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DqException(DiagnosticCodes.CannotWrite, $"{target} cannot be written: {e.Message} Choose another folder with --to, make room, or end another download of it.", inner: e);
        }
    }

    private async Task ReceiveAsync(PublishedFile published, string target, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var wait = FirstWait;
        var furthest = 0L;
        for (var attempt = 1; ; attempt++)
        {
            string trouble;
            Exception? cause = null;
            try
            {
                var resumed = await TransferAsync(published, target + ".part", progress, cancellation).ConfigureAwait(false);
                if (await HasChecksumAsync(target + ".part", published.Md5, cancellation).ConfigureAwait(false))
                {
                    File.Move(target + ".part", target, overwrite: true);
                    return;
                }

                File.Delete(target + ".part");
                if (!resumed)
                    throw new DqException(DiagnosticCodes.Download, $"{published.Address} sent other bytes than published (its MD5 is not {published.Md5}). A proxy or a changed server may be the cause; {ByHand(published)}");
                // What was left of an earlier attempt may have been of another version: one more time from the start.
                trouble = "its checksum was wrong";
            }
            catch (Transient e)
            {
                (trouble, cause) = (e.Message, e);
                // A line that breaks now and then gets there in the end: only attempts that bring nothing count.
                var received = new FileInfo(target + ".part").Length;
                if (received > furthest)
                    (furthest, attempt, wait) = (received, 1, FirstWait);
            }

            if (attempt == Attempts)
                throw new DqException(DiagnosticCodes.Download, $"{published.Address} could not be downloaded in {Attempts} attempts: {trouble}. If this machine has no network, {ByHand(published)} What was received is kept, and the next attempt goes on from there.", inner: cause);
            await Task.Delay(wait, _time, cancellation).ConfigureAwait(false);
            wait *= 2;
        }
    }

    /// <summary>One request. Returns whether bytes of an earlier attempt are part of the file.</summary>
    private async Task<bool> TransferAsync(PublishedFile published, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        using var request = new HttpRequestMessage(HttpMethod.Get, published.Address);
        if (file.Length > 0)
            request.Headers.Range = new RangeHeaderValue(file.Length, null);

        using var response = await OnNetworkAsync(() => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation), cancellation).ConfigureAwait(false);
        var from = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? -1 : 0;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return true; // Nothing lies beyond what is here: whole, or of another version. The checksum tells.
        if (!response.IsSuccessStatusCode)
            throw Refused(published, response.StatusCode);
        if (from != 0 && from != file.Length)
            throw new Transient($"the server sent bytes from {from} and was asked for those from {file.Length}");

        // A server that knows no ranges sends the file from its start.
        file.SetLength(from);
        file.Position = from;
        var total = from + response.Content.Headers.ContentLength;
        progress?.Report(new DownloadProgress(published.Name, from, total));
        await CopyAsync(response, file, received => progress?.Report(new DownloadProgress(published.Name, received, total)), cancellation).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
        return from > 0;
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream file, Action<long> report, CancellationToken cancellation)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var body = await OnNetworkAsync(() => response.Content.ReadAsStreamAsync(cancellation), cancellation).ConfigureAwait(false);
        var buffer = new byte[1 << 16];
        while (true)
        {
            stalled.CancelAfter(Stall);
            var read = await OnNetworkAsync(() => body.ReadAsync(buffer, stalled.Token).AsTask(), cancellation).ConfigureAwait(false);
            if (read == 0)
                return;
            await file.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
            report(file.Position);
        }
    }

    /// <summary>Tells failures of the network, which pass, from failures of the disk, which share a type with them.</summary>
    private static async Task<T> OnNetworkAsync<T>(Func<Task<T>> step, CancellationToken cancellation)
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new Transient(e.InnerException?.Message ?? e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new Transient("the server did not answer in time", e);
        }
    }

    private static Exception Refused(PublishedFile published, HttpStatusCode status)
    {
        var text = $"the server answered {(int)status} {status}";
        return status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500
            ? new Transient(text)
            : new DqException(DiagnosticCodes.Download, $"{published.Address} cannot be downloaded: {text}. The file may have moved; {ByHand(published)}");
    }

    private static string ByHand(PublishedFile published) =>
        $"fetch {published.Name} elsewhere (MD5 {published.Md5}), copy it to where it was to be and fetch again, or set the data set's 'path' to where it lies.";

    private static async Task<bool> HasChecksumAsync(string path, string md5, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        var found = await MD5.HashDataAsync(file, cancellation).ConfigureAwait(false);
        return Convert.ToHexString(found).Equals(md5, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A failure that another attempt may mend.</summary>
    private sealed class Transient(string message, Exception? inner = null) : Exception(message.TrimEnd('.'), inner);
}
