using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DQPipeline.Targets.Tests;

/// <summary>How a server behaves.</summary>
public enum Manner
{
    Sound,

    /// <summary>Answers 500 the first time that anything is asked.</summary>
    Flapping,

    /// <summary>Answers 500.</summary>
    Broken,

    /// <summary>Breaks off in the middle of every answer.</summary>
    Truncating,

    /// <summary>Answers with as many other bytes.</summary>
    Lying,

    /// <summary>Answers with more bytes than there are.</summary>
    Endless,

    /// <summary>Takes nothing: 507.</summary>
    Full,

    /// <summary>Asks for credentials that nobody has: 401.</summary>
    Locked,

    /// <summary>Answers a byte at a time, without an end.</summary>
    Slow,
}

/// <summary>A cache server on the loopback: GET, HEAD and PUT of files in memory, in a manner.</summary>
internal sealed class CacheServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, byte[]> _files = new();
    private readonly ConcurrentDictionary<string, bool> _asked = new();
    private readonly Task _serving;

    public CacheServer()
    {
        // Another program may take the port between the two, so a few are tried.
        for (var attempt = 0; !_listener.IsListening; attempt++)
        {
            Address = $"http://127.0.0.1:{FreePort()}/cache/";
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Address);
            try
            {
                _listener.Start();
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // The next port.
            }
        }

        _serving = ServeAsync();
    }

    public string Address { get; private set; } = "";

    public Manner Manner { get; set; }

    /// <summary>What is stored, by <c>ac/…</c> and <c>cas/…</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Files => _files;

    /// <summary>The Authorization headers that came.</summary>
    public ConcurrentBag<string?> Authorizations { get; } = [];

    public ConcurrentBag<string> Requests { get; } = [];

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => Answer(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            var name = context.Request.Url!.AbsolutePath["/cache/".Length..];
            var method = context.Request.HttpMethod;
            Requests.Add($"{method} {name}");
            Authorizations.Add(context.Request.Headers["Authorization"]);
            if (Manner == Manner.Broken || (Manner == Manner.Flapping && _asked.TryAdd($"{method} {name}", true)))
                Close(context, 500);
            else if (Manner == Manner.Locked)
                Close(context, 401);
            else if (method == "PUT")
                Put(context, name);
            else if (!_files.TryGetValue(name, out var bytes))
                Close(context, 404);
            else if (method == "HEAD")
                Close(context, 200);
            else
                Get(context, bytes);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client went away.
        }
    }

    private void Put(HttpListenerContext context, string name)
    {
        using var content = new MemoryStream();
        context.Request.InputStream.CopyTo(content);
        if (Manner == Manner.Full)
        {
            Close(context, 507);
            return;
        }

        _files[name] = content.ToArray();
        Close(context, 201);
    }

    private void Get(HttpListenerContext context, byte[] bytes)
    {
        var response = context.Response;
        switch (Manner)
        {
            case Manner.Truncating:
                response.ContentLength64 = bytes.Length;
                response.OutputStream.Write(bytes, 0, bytes.Length / 2);
                response.OutputStream.Flush();
                response.Abort();
                return;
            case Manner.Slow:
                response.SendChunked = true;
                while (_listener.IsListening)
                {
                    response.OutputStream.WriteByte(0);
                    response.OutputStream.Flush();
                    Thread.Sleep(20);
                }

                return;
            case Manner.Lying:
                bytes = [.. bytes.Select(one => (byte)(one ^ 1))];
                break;
            case Manner.Endless:
                bytes = [.. bytes, .. new byte[8 << 20]];
                break;
        }

        response.SendChunked = Manner == Manner.Endless;
        if (!response.SendChunked)
            response.ContentLength64 = bytes.Length;
        response.OutputStream.Write(bytes);
        response.Close();
    }

    private static void Close(HttpListenerContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Close();
    }
}
