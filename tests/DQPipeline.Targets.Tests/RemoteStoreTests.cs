using System.Net;
using System.Net.Sockets;
using DQPipeline.Declarations;
using DQPipeline.Targets.Caching;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Tests;

/// <summary>Stores that are slow, away or in disorder: how long they are waited for, and how often asked.</summary>
public sealed class RemoteStoreTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    /// <summary>One that says after seconds that it has nothing holds a build up, and costs more than it can give; and so do thousands of answers that are quicker.</summary>
    [Theory]
    [InlineData(4, 100, 8, 32)]
    [InlineData(0.4, 100, 100, 0)]
    [InlineData(0.4, 1000, 750, 300)]
    public void A_sluggish_store_is_left_alone_after_a_while(double seconds, int results, int asked, int after)
    {
        using var store = new SluggishStore(TimeSpan.FromSeconds(seconds));
        var told = new List<Diagnostic>();
        using var remote = new RemoteCache(store, new ContentCache(bench.Workspace.CacheFolder, _ => { }), new(), null, told.Add, store.Clock, default);
        for (var i = 0; i < results; i++)
            Assert.Null(remote.Find(i.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(asked, store.Asked);
        Assert.Equal(after > 0 ? [("DQ6010", true)] : [], told.Select(one => (one.Code, one.Message.Contains($"{after} s to say of {asked} results", StringComparison.Ordinal))));
    }

    /// <summary>A build that has nothing else left to do does not wait for hours; who pushes for its own sake does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_slow_store_has_not_taken_when_all_else_is_done_is_left_out(bool build)
    {
        using var taking = new SemaphoreSlim(0);
        using var store = new SluggishStore(TimeSpan.Zero, taking);
        var (told, clock) = (new List<Diagnostic>(), new TestClock());
        using var remote = new RemoteCache(store, new ContentCache(bench.Workspace.CacheFolder, _ => { }), new(), null, one =>
        {
            told.Add(one);
            taking.Release(3);
        }, clock, default);
        for (var i = 0; i < 3; i++)
            remote.Push(new(i.ToString("x64", System.Globalization.CultureInfo.InvariantCulture), build && i > 0 ? [new("model.safetensors", new('a', 64), 25_000_000)] : [], []));
        if (build)
            await store.Taking.WaitAsync(TestContext.Current.CancellationToken);
        else
            taking.Release(3);
        await (build ? remote.EndAsync() : remote.DrainAsync());
        Assert.Equal(build ? 1 : 3, store.Taken);
        Assert.Equal(build ? ["DQ6010"] : [], told.Select(one => one.Code));
        // A minute, half a second for each result, and as long as 50 MB take at 100 kB a second.
        Assert.Equal(build ? [TimeSpan.FromSeconds(60 + 1.5 + 500)] : [], clock.Pauses);
    }

    /// <summary>A folder over a network may be away for a moment; and who died while it wrote there leaves half a file behind.</summary>
    [Fact]
    public void A_folder_is_asked_again_and_swept_of_what_was_abandoned()
    {
        var root = bench.Folder;
        File.WriteAllText(Path.Combine(root, "ac"), "in the way");
        Directory.CreateDirectory(Path.Combine(root, "cas"));
        var (old, young) = (Path.Combine(root, "cas", "one.tmp-1"), Path.Combine(root, "cas", "two.tmp-2"));
        foreach (var left in (string[])[old, young])
            File.WriteAllText(left, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        using var store = new FolderStore(root, new TestClock { OnPause = () => File.Delete(Path.Combine(root, "ac")) });
        using var content = new MemoryStream([1, 2, 3]);
        store.Put("ac/x", content, default);
        store.Put("cas/y", content, default);
        Assert.Equal(["one.tmp-1"], ((string[])["one.tmp-1", "two.tmp-2"]).Where(name => !File.Exists(Path.Combine(root, "cas", name))));
        using var back = new MemoryStream();
        Assert.True(store.Get("ac/x", back, most: 3, default));
        Assert.Equal(content.ToArray(), back.ToArray());
    }

    [Fact]
    public void What_drips_is_given_up_after_its_time()
    {
        using var server = new CacheServer();
        server.Files["cas/x"] = [1, 2, 3];
        server.Manner = Manner.Slow;
        // Long enough for the first byte to come on a busy machine: without one it would be asked again.
        using var store = new HttpStore(new(server.Address), null, TimeProvider.System, answer: TimeSpan.FromSeconds(3));
        using var to = new MemoryStream();
        var failure = Assert.Throws<RemoteFailure>(() => store.Get("cas/x", to, most: 1_000_000, default));
        Assert.Matches("it gave [1-9][0-9]* bytes in", failure.Message);
        // Asked again, it would be as slow.
        Assert.Single(server.Requests, request => request == "GET cas/x");
    }

    /// <summary>The connection's own time is over before that of an attempt with many bytes: a failure like another, and no cancellation.</summary>
    [Fact]
    public void A_server_that_takes_no_connection_is_a_failure_that_may_pass()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lets whoever comes to a full queue wait");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(1);
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        // More than the queue holds, and nobody takes them out of it.
        var queue = Enumerable.Range(0, 8).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false }).ToList();
        foreach (var socket in queue)
            Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(() => socket.Connect(endpoint)).SocketErrorCode);
        using var store = new HttpStore(new($"http://{endpoint}/"), null, TimeProvider.System, answer: TimeSpan.FromMilliseconds(100));
        using var content = new MemoryStream(new byte[4 << 20]);
        var failure = Assert.Throws<RemoteFailure>(() => store.Put("cas/x", content, default));
        Assert.True(failure.IsPassing);
        Assert.Contains("no connection", failure.Message, StringComparison.Ordinal);
        queue.ForEach(socket => socket.Dispose());
    }

    private sealed class SluggishStore(TimeSpan answer, SemaphoreSlim? taking = null) : IRemoteStore
    {
        private readonly SetClock _clock = new();

        public TimeProvider Clock => _clock;

        public int Asked { get; private set; }

        public int Taken { get; private set; }

        /// <summary>Counts what it has begun to take.</summary>
        public SemaphoreSlim Taking { get; } = new(0);

        public string Name => "sluggish";

        public bool Get(string name, Stream to, long most, CancellationToken cancellation)
        {
            Asked++;
            _clock.Ticks += answer.Ticks;
            return false;
        }

        public bool Has(string name, CancellationToken cancellation) => false;

        public void Put(string name, Stream content, CancellationToken cancellation)
        {
            Taking.Release();
            taking?.Wait(cancellation);
            Taken++;
        }

        public void Dispose() => Taking.Dispose();

        private sealed class SetClock : TimeProvider
        {
            public long Ticks { get; set; }

            public override long TimestampFrequency => TimeSpan.TicksPerSecond;

            public override long GetTimestamp() => Ticks;
        }
    }
}
