using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

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

/// <summary>A cache server on a port of the loopback that the system gives it: GET, HEAD and PUT of files in memory, in a manner.</summary>
internal sealed class CacheServer : IDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, bool> _asked = new();

    public CacheServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        _ = builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(AnswerAsync);
        _application.StartAsync().GetAwaiter().GetResult();
        Address = $"{_application.Urls.Single()}/cache/";
    }

    public string Address { get; }

    public Manner Manner { get; set; }

    /// <summary>What is stored, by <c>ac/…</c> and <c>cas/…</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>The Authorization headers that came.</summary>
    public ConcurrentBag<string?> Authorizations { get; } = [];

    public ConcurrentBag<string> Requests { get; } = [];

    /// <summary>A port on which nobody listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        // Whoever is being answered slowly is not waited for.
        _application.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        ((IDisposable)_application).Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var name = context.Request.Path.Value!["/cache/".Length..];
        var method = context.Request.Method;
        Requests.Add($"{method} {name}");
        Authorizations.Add(context.Request.Headers.Authorization);
        if (Manner == Manner.Broken || (Manner == Manner.Flapping && _asked.TryAdd($"{method} {name}", true)))
            return Close(context, StatusCodes.Status500InternalServerError);
        if (Manner == Manner.Locked)
            return Close(context, StatusCodes.Status401Unauthorized);
        if (method == "PUT")
            return PutAsync(context, name);
        if (!Files.TryGetValue(name, out var bytes))
            return Close(context, StatusCodes.Status404NotFound);
        return method == "HEAD" ? Close(context, StatusCodes.Status200OK) : GetAsync(context, bytes);
    }

    private async Task PutAsync(HttpContext context, string name)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content);
        if (Manner != Manner.Full)
            Files[name] = content.ToArray();
        await Close(context, Manner == Manner.Full ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status201Created);
    }

    private async Task GetAsync(HttpContext context, byte[] bytes)
    {
        var response = context.Response;
        switch (Manner)
        {
            case Manner.Truncating:
                response.ContentLength = bytes.Length;
                await response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
                await response.Body.FlushAsync();
                context.Abort();
                return;
            case Manner.Slow:
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await response.Body.WriteAsync(new byte[1]);
                    await response.Body.FlushAsync();
                    await Task.Delay(20);
                }

                return;
            case Manner.Lying:
                bytes = [.. bytes.Select(one => (byte)(one ^ 1))];
                break;
            case Manner.Endless:
                bytes = [.. bytes, .. new byte[8 << 20]];
                break;
        }

        // Without a length it is sent in chunks.
        response.ContentLength = Manner == Manner.Endless ? null : bytes.Length;
        await response.Body.WriteAsync(bytes);
    }

    private static Task Close(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
