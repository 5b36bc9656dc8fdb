using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Polly;

namespace DQPipeline.Targets.Caching;

/// <summary>
/// A server that answers GET, HEAD and PUT (nginx with WebDAV, or any of Bazel's HTTP caches). Each attempt has a time that its bytes allow, each request a few attempts with growing pauses of random length.
/// </summary>
internal sealed class HttpStore : IRemoteStore
{
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(5);

    /// <summary>Bytes a second below which a server is of no use: to compute is hardly slower.</summary>
    private const double Slowest = 100_000;

    private readonly HttpClient _client;
    private readonly ResiliencePipeline _attempts;
    private readonly TimeSpan _answer;

    /// <summary>A store at an address.</summary>
    /// <param name="address">http or https; user and password in it are refused before.</param>
    /// <param name="authorization">The header of each request; null sends none.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="answer">What an attempt may take whatever its size; 5 seconds unless told.</param>
    public HttpStore(Uri address, AuthenticationHeaderValue? authorization, TimeProvider time, TimeSpan? answer = null)
    {
        _answer = answer ?? s_answer;
        Name = address.GetLeftPart(UriPartial.Path);
        _client = new(new SocketsHttpHandler { ConnectTimeout = _answer, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
        {
            BaseAddress = new(Name.EndsWith('/') ? Name : Name + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.Authorization = authorization;
        _attempts = Attempts.Create(time);
    }

    public string Name { get; }

    /// <summary>
    /// The header that credentials of the environment make: a bearer token, or a user and a password; null where there are none. Secrets of a CI often end with a line's end; a token with one in its midst is none, and
    /// a server that wants one says so.
    /// </summary>
    public static AuthenticationHeaderValue? Credentials(Func<string, string?> environment)
    {
        if (environment("DQ_CACHE_TOKEN")?.Trim() is { Length: > 0 } token)
            return token.Any(char.IsControl) ? null : new("Bearer", token);
        return environment("DQ_CACHE_USER") is { Length: > 0 } user
            ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{environment("DQ_CACHE_PASSWORD")}")))
            : null;
    }

    public bool Get(string name, Stream to, long most, CancellationToken cancellation) => Attempt(0, cancellation, limit =>
    {
        var clock = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Get, name);
        using var response = Waited(_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token));
        if (IsAbsent(response))
            return false;
        if (response.Content.Headers.ContentLength > most)
            throw new RemoteFailure($"{name} has {response.Content.Headers.ContentLength} bytes where {most} were to be had", isPassing: false);
        to.SetLength(0);
        using var content = Waited(response.Content.ReadAsStreamAsync(limit.Token));
        var buffer = new byte[81_920];
        while (Next(content, buffer, to.Length, limit, clock, cancellation) is > 0 and var count)
        {
            if (to.Length + count > most)
                throw new RemoteFailure($"{name} has more bytes than the {most} that were to be had", isPassing: false);
            to.Write(buffer, 0, count);
        }

        return true;
    });

    public bool Has(string name, CancellationToken cancellation) => Attempt(0, cancellation, limit =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, name);
        using var response = Waited(_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token));
        return !IsAbsent(response);
    });

    public void Put(string name, Stream content, CancellationToken cancellation) => Attempt(content.Length, cancellation, limit =>
    {
        content.Position = 0;
        using var request = new HttpRequestMessage(HttpMethod.Put, name) { Content = new StreamContent(new Unclosed(content)) };
        request.Content.Headers.ContentLength = content.Length;
        using var response = Waited(_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token));
        return IsAbsent(response) ? throw new RemoteFailure("it answers PUT with 404; does it take files?", isPassing: false) : true;
    });

    public void Dispose() => _client.Dispose();

    /// <summary>Reads on, for as long as the bytes that came allow. Who gives few is not asked again: it would be as slow the next time.</summary>
    private int Next(Stream content, byte[] buffer, long came, CancellationTokenSource limit, Stopwatch clock, CancellationToken cancellation)
    {
        var left = _answer + TimeSpan.FromSeconds(came / Slowest) - clock.Elapsed;
        try
        {
            if (left > TimeSpan.Zero)
            {
                limit.CancelAfter(left);
                return Waited(content.ReadAsync(buffer, limit.Token).AsTask());
            }
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Its time is over: told below.
        }

        throw new RemoteFailure($"it gave {came} bytes in {clock.Elapsed.TotalSeconds:0.0} s", isPassing: false);
    }

    /// <summary>A plan is made in order, so that its thread waits; only what is asynchronous within ends a read when its time is over.</summary>
    private static T Waited<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private bool Attempt(long bytes, CancellationToken cancellation, Func<CancellationTokenSource, bool> work) => _attempts.Execute(
        token =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            var time = _answer + TimeSpan.FromSeconds(bytes / Slowest);
            limit.CancelAfter(time);
            try
            {
                return work(limit);
            }
            catch (RemoteFailure)
            {
                throw;
            }
            catch (Exception e) when (limit.IsCancellationRequested && !token.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
            {
                throw new RemoteFailure($"it did not answer within {time.TotalSeconds:0} s", isPassing: true, e);
            }
            catch (OperationCanceledException e) when (!token.IsCancellationRequested)
            {
                // So a connection says that its own time is over, which is shorter than that of an attempt with many bytes.
                throw new RemoteFailure($"it took no connection within {_answer.TotalSeconds:0} s", isPassing: true, e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new RemoteFailure((e.InnerException ?? e).Message.TrimEnd('.'), isPassing: true, e);
            }
        },
        cancellation);

    private static bool IsAbsent(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode)
            return false;
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return true;
        var why = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "are DQ_CACHE_TOKEN, or DQ_CACHE_USER and DQ_CACHE_PASSWORD, set and right?",
            HttpStatusCode.InsufficientStorage or HttpStatusCode.RequestEntityTooLarge => "it has no room for it",
            _ => response.ReasonPhrase ?? "",
        };
        throw new RemoteFailure($"it answers {(int)response.StatusCode} ({why})", isPassing: (int)response.StatusCode is >= 500 and not 507 or 408 or 429);
    }

    /// <summary>A stream that stays open when the request that sent it ends, for the next attempt.</summary>
    private sealed class Unclosed(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
