using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DQPipeline.Testing;

namespace DQPipeline.Journeys;

/// <summary>A team's cache on a real server, sound and otherwise.</summary>
public sealed class NginxJourneys : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("dq-nginx-");
    private readonly string address;
    private Process? server;

    public NginxJourneys()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
    }

    public void Dispose()
    {
        Stop();
        home.Delete(recursive: true);
    }

    [Fact]
    public async Task Another_clone_trains_nothing_and_no_misbehaviour_of_the_server_changes_what_it_gets()
    {
        var nginx = RealData.Command("nginx");
        using var first = new Folder(Declared());
        Start(nginx, "");
        Assert.Contains("dq: 6 built", (await DqTool.RunAsync(first.Path, "build")).Expect(0).Error, StringComparison.Ordinal);
        var expected = (File.ReadAllBytes(first.At("dq.lock")), File.ReadAllBytes(first.At(".dq", "out", "dq", "model.safetensors")));

        // Sound: nothing is trained.
        Assert.Contains("dq: 6 from the cache", (await Clone(expected)).Error, StringComparison.Ordinal);

        // Other bytes, and too few of them, on the server's disk.
        Change(bytes => [.. bytes.Select(one => (byte)(one ^ 1))]);
        Assert.Contains("DQ6011", (await Clone(expected)).Error, StringComparison.Ordinal);
        Change(bytes => bytes[..(bytes.Length / 2)]);
        Assert.Contains("DQ6011", (await Clone(expected)).Error, StringComparison.Ordinal);

        // A server that answers 500, one that gives 1 KB a second, and none.
        Restart(nginx, "return 500;");
        Assert.Contains("it answers 500", (await Clone(expected)).Error, StringComparison.Ordinal);
        await FillAsync(nginx, first);
        Restart(nginx, "limit_rate 1k;");
        Assert.Contains("bytes in", (await Clone(expected)).Error, StringComparison.Ordinal);
        Stop();
        Assert.Contains("DQ6010", (await Clone(expected)).Error, StringComparison.Ordinal);
    }

    private string Declared() => Folder.Small
        .Replace("\"threads\": 1,", $"\"threads\": 1, \"cache\": \"{address}\",", StringComparison.Ordinal);

    /// <summary>Builds in a folder that has nothing but dq.json: whatever the server does, the same comes out.</summary>
    private async Task<Ran> Clone((byte[] Lock, byte[] Model) expected)
    {
        using var clone = new Folder(Declared());
        var ran = (await DqTool.RunAsync(clone.Path, start => start.Environment["DQ_CACHE_READONLY"] = "true", "build")).Expect(0);
        Assert.Equal(expected.Lock, File.ReadAllBytes(clone.At("dq.lock")));
        Assert.Equal(expected.Model, File.ReadAllBytes(clone.At(".dq", "out", "dq", "model.safetensors")));
        return ran;
    }

    private async Task FillAsync(string nginx, Folder first)
    {
        Restart(nginx, "");
        Directory.Delete(Path.Combine(home.FullName, "files"), recursive: true);
        Directory.CreateDirectory(Path.Combine(home.FullName, "files"));
        (await DqTool.RunAsync(first.Path, "cache", "push")).Expect(0);
    }

    private void Change(Func<byte[], byte[]> change)
    {
        foreach (var path in Directory.GetFiles(Path.Combine(home.FullName, "files"), "*", SearchOption.AllDirectories))
            File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    private void Restart(string nginx, string manner)
    {
        Stop();
        Start(nginx, manner);
    }

    private void Start(string nginx, string manner)
    {
        Directory.CreateDirectory(Path.Combine(home.FullName, "files"));
        Directory.CreateDirectory(Path.Combine(home.FullName, "tmp"));
        File.WriteAllText(Path.Combine(home.FullName, "nginx.conf"), $$"""
            daemon off; master_process off; pid {{home.FullName}}/pid; error_log {{home.FullName}}/error.log;
            events { }
            http {
              access_log off; client_body_temp_path {{home.FullName}}/tmp; proxy_temp_path {{home.FullName}}/p; fastcgi_temp_path {{home.FullName}}/f; uwsgi_temp_path {{home.FullName}}/u; scgi_temp_path {{home.FullName}}/s;
              server { listen {{new Uri(address).Authority}}; location / { root {{home.FullName}}/files; dav_methods PUT; create_full_put_path on; client_max_body_size 100m; {{manner}} } }
            }
            """);
        server = Process.Start(new ProcessStartInfo(nginx, ["-c", Path.Combine(home.FullName, "nginx.conf"), "-p", home.FullName]) { RedirectStandardError = true })!;
        // It is up when it takes a connection.
        while (!server.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, new Uri(address).Port);
                return;
            }
            catch (SocketException)
            {
                Thread.Yield();
            }
        }

        Assert.Fail(server.StandardError.ReadToEnd());
    }

    private void Stop()
    {
        server?.Kill();
        server?.WaitForExit();
        server?.Dispose();
        server = null;
    }
}
