using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DQPipeline.Tests.Data;

/// <summary>A server of one file on the loopback address that can misbehave: each connection takes the next of the given behaviours, the last one for good.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _content;
    private readonly Behaviour[] _behaviours;

    public LoopbackServer(byte[] content, params Behaviour[] behaviours)
    {
        _content = content;
        _behaviours = behaviours;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/file.bin");
        _ = ServeAsync();
    }

    /// <summary>How one request is answered.</summary>
    /// <param name="Ranges">Whether a Range header is obeyed.</param>
    /// <param name="CutAfter">Bytes after which the connection is cut; null sends all.</param>
    /// <param name="Status">Another status than 200 or 206.</param>
    public sealed record Behaviour(bool Ranges = true, int? CutAfter = null, int? Status = null);

    public Uri Address { get; }

    /// <summary>The first byte that each request asked for.</summary>
    public List<long> Asked { get; } = [];

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        await using var stream = client.GetStream();
        var from = 0L;
        using (var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true))
        {
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                    from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        var behaviour = _behaviours.Length == 0 ? new Behaviour() : _behaviours[Math.Min(Asked.Count, _behaviours.Length - 1)];
        Asked.Add(from);
        var start = behaviour.Ranges ? (int)from : 0;
        var status = behaviour.Status ?? (start > 0 && start >= _content.Length ? 416 : start > 0 ? 206 : 200);
        var body = status is 200 or 206 ? _content[start..] : [];
        var range = status == 206 ? $"Content-Range: bytes {start}-{_content.Length - 1}/{_content.Length}\r\n" : "";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\n{range}Connection: close\r\n\r\n"));
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, behaviour.CutAfter ?? body.Length)));
    }
}
