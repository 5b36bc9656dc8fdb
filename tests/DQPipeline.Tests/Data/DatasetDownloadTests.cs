using System.Security.Cryptography;
using DQPipeline.Data;
using DQPipeline.Declarations;
using static DQPipeline.Tests.Data.LoopbackServer;

namespace DQPipeline.Tests.Data;

public sealed class DatasetDownloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dq-download-").FullName;
    private readonly byte[] _content = new byte[300_000];
    private readonly List<DownloadProgress> _progress = [];

    public DatasetDownloadTests() => new Random(1).NextBytes(_content);

    private string Target => Path.Combine(_folder, "deep", "file.bin");

    private string Part => Target + ".part";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_download_arrives_whole_and_tells_its_progress()
    {
        using var server = new LoopbackServer(_content);
        Assert.Equal(Target, await FetchAsync(server.Address));
        AssertArrived();
        Assert.Equal(new DownloadProgress("file.bin", 0, 300_000), _progress[0]);
        Assert.Equal(new DownloadProgress("file.bin", 300_000, 300_000), _progress[^1]);
        Assert.Equal(_progress.Select(p => p.Received).Order(), _progress.Select(p => p.Received));
    }

    [Fact]
    public async Task What_is_there_is_not_fetched_again_and_what_is_damaged_is()
    {
        using var server = new LoopbackServer(_content);
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllBytes(Target, _content);
        await FetchAsync(server.Address);
        Assert.Empty(server.Asked);
        File.WriteAllText(Target, "damaged");
        await FetchAsync(server.Address);
        AssertArrived();
    }

    [Fact]
    public async Task An_earlier_attempt_is_continued()
    {
        using var server = new LoopbackServer(_content);
        WritePart(_content[..100_000]);
        await FetchAsync(server.Address);
        AssertArrived();
        Assert.Equal([100_000L], server.Asked);
        Assert.Equal(new DownloadProgress("file.bin", 100_000, 300_000), _progress[0]);
    }

    [Fact]
    public async Task An_attempt_that_lacked_only_its_name_is_completed()
    {
        using var server = new LoopbackServer(_content);
        WritePart(_content);
        await FetchAsync(server.Address);
        AssertArrived();
    }

    [Fact]
    public async Task A_server_without_ranges_starts_over()
    {
        using var server = new LoopbackServer(_content, new Behaviour(Ranges: false));
        WritePart(_content[..100_000]);
        await FetchAsync(server.Address);
        AssertArrived();
    }

    [Fact]
    public async Task A_part_of_another_version_is_thrown_away_and_fetched_anew()
    {
        using var server = new LoopbackServer(_content);
        WritePart(new byte[400_000]);
        await FetchAsync(server.Address);
        AssertArrived();
        Assert.Equal([400_000L, 0], server.Asked);
    }

    [Fact]
    public async Task A_connection_that_is_cut_again_and_again_gets_there()
    {
        using var server = new LoopbackServer(_content, [.. Enumerable.Repeat(new Behaviour(CutAfter: 40_000), 8)]);
        await FetchAsync(server.Address);
        AssertArrived();
        Assert.Equal([0L, 40_000, 80_000, 120_000, 160_000, 200_000, 240_000, 280_000], server.Asked);
    }

    [Fact]
    public async Task Other_bytes_than_published_are_refused_and_not_kept()
    {
        using var server = new LoopbackServer([.. _content.Reverse()]);
        var error = await FailsAsync(server.Address);
        Assert.Contains(Checksum, error.Message);
        Assert.False(File.Exists(Target) || File.Exists(Part));
    }

    [Fact]
    public async Task A_server_in_trouble_is_asked_again_and_one_that_has_no_such_file_is_not()
    {
        using (var troubled = new LoopbackServer(_content, new Behaviour(Status: 503), new Behaviour(Status: 429), new Behaviour()))
        {
            await FetchAsync(troubled.Address);
            AssertArrived();
            File.Delete(Target);
        }

        using var empty = new LoopbackServer(_content, new Behaviour(Status: 404));
        Assert.Contains("404", (await FailsAsync(empty.Address)).Message);
        Assert.Single(empty.Asked);
    }

    [Fact]
    public async Task Without_a_network_the_message_says_what_to_do()
    {
        Uri address;
        using (var server = new LoopbackServer(_content))
            address = server.Address;
        WritePart(_content[..1000]);
        var error = await FailsAsync(address);
        Assert.Contains("no network", error.Message);
        Assert.Contains("'path'", error.Message);
        Assert.Equal(1000, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_has_its_code()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using var client = new HttpClient();
        var error = await Assert.ThrowsAsync<DqException>(() => new DatasetDownload(client).FetchAsync(Published(new Uri("http://127.0.0.1:1/")), file));
        Assert.Equal(DiagnosticCodes.CannotWrite, error.Diagnostics[0].Code);
    }

    [Fact]
    public async Task Several_files_lie_in_a_folder_and_each_goes_on_from_where_it_was()
    {
        using var whole = new LoopbackServer(_content);
        byte[] other = [.. _content.Reverse()];
        using var cut = new LoopbackServer(other, new Behaviour(CutAfter: 120_000), new Behaviour(Status: 404));
        PublishedDataset Both(Uri first, Uri second) => new("two", "kind", [new(first, "a.mat", Checksum), new(second, "b.mat", Convert.ToHexStringLower(MD5.HashData(other)))]);

        using var client = new HttpClient();
        var download = new DatasetDownload(client) { FirstWait = TimeSpan.Zero };
        var error = await Assert.ThrowsAsync<DqException>(() => download.FetchAsync(Both(whole.Address, cut.Address), _folder, new Recorder(_progress)));
        Assert.Contains("b.mat", error.Diagnostics[0].Message);
        var folder = Path.Combine(_folder, "kind");
        Assert.Equal(["a.mat", "b.mat.part"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Equal(["a.mat", "b.mat"], _progress.Select(p => p.File).Distinct());

        using var mended = new LoopbackServer(other);
        Assert.Equal(folder, await download.FetchAsync(Both(whole.Address, mended.Address), _folder));
        Assert.Equal(_content, File.ReadAllBytes(Path.Combine(folder, "a.mat")));
        Assert.Equal(other, File.ReadAllBytes(Path.Combine(folder, "b.mat")));
        Assert.Equal([0L], whole.Asked);
        Assert.Equal([120_000L], mended.Asked);
    }

    [Fact]
    public void What_is_published_can_be_declared_as_the_command_says()
    {
        foreach (var dataset in PublishedDataset.All)
        {
            var options = dataset.Options.Length > 0 ? ", " + dataset.Options : "";
            var declared = Declaration.FromJson<DatasetDeclaration>($$"""{ "kind": "{{dataset.Kind}}", "path": "p"{{options}} }""");
            Assert.Equal(dataset.Files.Any(file => file.Name.StartsWith("extra", StringComparison.Ordinal)), declared is SvhnDeclaration { Extra: true });
            Assert.All(dataset.Files, file => Assert.Equal(16, Convert.FromHexString(file.Md5).Length));
        }
    }

    private string Checksum => Convert.ToHexStringLower(MD5.HashData(_content));

    private PublishedDataset Published(Uri address) => new("test", "test", [new(address, "file.bin", Checksum)]);

    private async Task<string> FetchAsync(Uri address)
    {
        using var client = new HttpClient();
        return await new DatasetDownload(client) { FirstWait = TimeSpan.Zero }.FetchAsync(Published(address), Path.GetDirectoryName(Target)!, new Recorder(_progress));
    }

    private async Task<Diagnostic> FailsAsync(Uri address)
    {
        var error = await Assert.ThrowsAsync<DqException>(() => FetchAsync(address));
        Assert.Equal(DiagnosticCodes.Download, error.Diagnostics[0].Code);
        return error.Diagnostics[0];
    }

    private void WritePart(byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, bytes);
    }

    private void AssertArrived()
    {
        Assert.Equal(_content, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
    }

    /// <summary>Unlike <see cref="Progress{T}"/> it records before it returns.</summary>
    private sealed class Recorder(List<DownloadProgress> to) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => to.Add(value);
    }
}
