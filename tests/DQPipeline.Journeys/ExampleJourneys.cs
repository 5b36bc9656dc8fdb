using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DQPipeline.Testing;
using Microsoft.Playwright;
using SkiaSharp;

namespace DQPipeline.Journeys;

/// <summary>The example apps as their users use them: over HTTP, in a browser, on a folder of photographs; held against what `dq predict` says of the same files.</summary>
public sealed partial class ExampleJourneys(ExampleJourneys.Packaged packaged) : IClassFixture<ExampleJourneys.Packaged>
{
    [Fact]
    public async Task A_folder_is_labelled_as_a_view()
    {
        var (code, output, errors) = await RunAsync("batch", packaged.Model, packaged.Photos);
        Assert.True(code == 0, errors);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("path,label,probability", lines[0]);
        Assert.Equal(packaged.Expected.Select(photo => $"\"{photo.Name}\",\"{photo.Label}\""), lines.Skip(1).Select(line => line[..line.LastIndexOf(',')]));
        Assert.Contains($"{packaged.Expected.Count} images", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_photograph_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("dq-broken-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "no-picture.png"), "no picture", TestContext.Current.CancellationToken);
        var (code, _, errors) = await RunAsync("batch", packaged.Model, folder);
        Assert.Equal(1, code);
        Assert.Contains("no-picture.png", errors, StringComparison.Ordinal);
        Assert.Contains("DQ2002", errors, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Photographs_with_endings_in_capitals_are_labelled_too_and_any_name_is_a_field_of_csv()
    {
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "photos": { "kind": "image-folder", "path": "photos", "testShare": 0.5, "size": 8 } },
              "train": { "m": { "dataset": "photos", "epochs": 1 } },
              "package": { "app": { "model": "m", "formats": "mlnet" } } }
            """);
        string[] classes = ["one, \"1\"", "two, \"2\""];
        string[] names = ["a.PNG", "b.png", "c.JpG", "d.JPEG", "e \"e\".Png"];
        foreach (var name in classes)
        {
            Directory.CreateDirectory(folder.At("photos", name));
            foreach (var file in names)
                File.Copy(packaged.Expected[0].Path, folder.At("photos", name, file));
        }

        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        File.WriteAllText(folder.At("photos", "notes.txt"), "no photograph");
        var (code, output, errors) = await RunAsync("batch", folder.At(".dq", "out", "app", "model.zip"), folder.At("photos"));
        Assert.True(code == 0, errors);
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Fields).ToList();
        Assert.Equal(classes.SelectMany(name => names.Select(file => Path.Combine(name, file))), rows.Select(row => row[0]));
        Assert.All(rows, row => Assert.Contains(row[1], classes));

        // By RFC 4180: a field is in quotes, in which two of them stand for one.
        static string[] Fields(string line)
        {
            var match = CsvLine().Match(line);
            Assert.True(match.Success, line);
            return [.. match.Groups.Values.Skip(1).Select(field => field.Value.Replace("\"\"", "\"", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public async Task The_web_app_answers_many_requests_at_once()
    {
        using var server = await Server.StartAsync(packaged.Model);
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Equal(10, (await http.GetFromJsonAsync<JsonNode>("model", TestContext.Current.CancellationToken))!["labels"]!.AsArray().Count);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).SelectMany(_ => packaged.Expected).Select(async photo => (photo, Answer: await Post(http, await File.ReadAllBytesAsync(photo.Path)))));
        Assert.All(answers, pair =>
        {
            Assert.Equal(HttpStatusCode.OK, pair.Answer.Status);
            Assert.Equal(pair.photo.Label, (string?)pair.Answer.Body["label"]);
            Assert.Equal(pair.photo.Score, (double)pair.Answer.Body["score"]!, 1e-4);
            Assert.Equal(1, pair.Answer.Body["scores"]!.AsArray().Sum(one => (double)one!["score"]!), 1e-4);
            Assert.Equal(pair.photo.Label, (string?)pair.Answer.Body["scores"]![0]!["label"]);
        });

        var text = await Post(http, "no picture"u8.ToArray());
        Assert.Equal((HttpStatusCode.BadRequest, "DQ2002"), (text.Status, (string?)text.Body["title"]));
        // More than the ten megabytes that are taken: the server may hang up while they are still being sent.
        try
        {
            Assert.NotEqual(HttpStatusCode.OK, (await Post(http, new byte[12 << 20])).Status);
        }
        catch (HttpRequestException)
        {
        }

        Assert.Equal(HttpStatusCode.OK, (await Post(http, await File.ReadAllBytesAsync(packaged.Expected[0].Path, TestContext.Current.CancellationToken))).Status);
    }

    [Fact]
    public async Task The_page_shows_what_an_image_shows()
    {
        var chromium = RealData.Command("chromium");
        using var server = await Server.StartAsync(packaged.Model);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type == "error" ? [message.Text] : []);
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(server.Address.ToString());
        await Assertions.Expect(page.Locator("#labels")).ToHaveTextAsync("0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
        Assert.False(await page.Locator("#result").IsVisibleAsync());
        foreach (var photo in packaged.Expected.Take(3))
        {
            await page.SetInputFilesAsync("#file", photo.Path);
            await Assertions.Expect(page.Locator("#label")).ToHaveTextAsync(new Regex(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"^{photo.Label}, {photo.Score * 100:0.0} ")));
            await Assertions.Expect(page.Locator("#scores tr")).ToHaveCountAsync(5);
            await Assertions.Expect(page.Locator("#scores th").First).ToHaveTextAsync(photo.Label);
            Assert.True(await page.Locator("#preview").EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)") == 32);
        }

        Assert.Empty(complaints);
        if (Environment.GetEnvironmentVariable("DQ_SCREENSHOT") is { } shot)
            await page.ScreenshotAsync(new() { Path = shot });
        await page.SetInputFilesAsync("#file", new FilePayload { Name = "no-picture.png", MimeType = "image/png", Buffer = "no picture"u8.ToArray() });
        await Assertions.Expect(page.Locator("#error")).ToContainTextAsync("cannot be decoded");
        Assert.False(await page.Locator("#result").IsVisibleAsync());
    }

    [Fact]
    public async Task Without_a_model_the_web_app_says_how_to_get_one()
    {
        var (code, _, errors) = await RunAsync("webapp", "--Model", "/nowhere/model.zip");
        Assert.Equal(1, code);
        Assert.Contains("There is no model at /nowhere/model.zip. Build it:", errors, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> Post(HttpClient http, byte[] file)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "image", "photo.png" } };
        using var response = await http.PostAsync("predict", form);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, body.Length > 0 ? JsonNode.Parse(body)! : new JsonObject());
    }

    [GeneratedRegex("^\"((?:[^\"]|\"\")*)\",\"((?:[^\"]|\"\")*)\",([0-9.]+)$")]
    private static partial Regex CsvLine();

    private static ProcessStartInfo Example(string name, params string[] arguments) =>
        new("dotnet", ["exec", Path.Combine(DqTool.Repository, "examples", name, "bin", DqTool.Configuration, "net10.0", $"{name}.dll"), .. arguments])
        {
            WorkingDirectory = Path.Combine(DqTool.Repository, "examples", name),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string name, params string[] arguments)
    {
        using var process = Process.Start(Example(name, arguments))!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>The web app on a free port.</summary>
    private sealed partial class Server(Process process, Uri address) : IDisposable
    {
        public Uri Address => address;

        public static async Task<Server> StartAsync(string model)
        {
            var process = Process.Start(Example("webapp", "--Model", model, "--urls", "http://127.0.0.1:0"))!;
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (ServingAt().Match(line) is { Success: true } match)
                {
                    // Whatever else it prints is not to fill the pipe.
                    _ = process.StandardOutput.ReadToEndAsync();
                    _ = process.StandardError.ReadToEndAsync();
                    return new(process, new Uri(match.Groups[1].Value));
                }
            }

            throw new InvalidOperationException($"the web app did not start: {await process.StandardError.ReadToEndAsync()}");
        }

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        [GeneratedRegex("at (http://127.0.0.1:[0-9]+)")]
        private static partial Regex ServingAt();
    }

    /// <summary>A photograph and what `dq predict` says of it.</summary>
    public sealed record Photo(string Name, string Path, string Label, double Score);

    /// <summary>A small model, trained and packaged once, and a folder of photographs.</summary>
    public sealed class Packaged : IAsyncLifetime
    {
        private const string Pipeline = """
            { "threads": 2,
              "datasets": { "street": { "kind": "street-digits", "train": 3000, "test": 100 } },
              "train": { "dq": { "dataset": "street", "epochs": 3, "batch": 32, "activation": { "bits": 4 } } },
              "quantize": { "int8": { "model": "dq", "maxLoss": 100 } },
              "package": { "app": { "model": "int8", "formats": "mlnet" } },
            }
            """;

        private readonly Folder folder = new(Pipeline);

        public string Model => folder.At(".dq", "out", "app", "model.zip");

        public string Photos => folder.At("photos");

        public IReadOnlyList<Photo> Expected { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
            (await DqTool.RunAsync(folder.Path, "attack", ".dq/out/dq/model.safetensors", "--data", "street", "--attack", "random", "--epsilon", "1", "--samples", "20", "--out", "images.npz")).Expect(0);
            var pixels = Pixels(folder.At("images.npz"));
            Directory.CreateDirectory(Photos);
            foreach (var (planes, i) in pixels.Chunk(3 * 32 * 32).Select((planes, i) => (planes, i)))
                await File.WriteAllBytesAsync(System.IO.Path.Combine(Photos, $"{i:00}.png"), Png(planes));
            string[] files = [.. Directory.EnumerateFiles(Photos).Order(StringComparer.Ordinal)];
            var said = JsonNode.Parse((await DqTool.RunAsync(folder.Path, ["predict", Model, "--json", .. files])).Expect(0).Output)!.AsArray();
            Expected = [.. files.Zip(said, (file, one) => new Photo(System.IO.Path.GetFileName(file), file, (string)one!["label"]!, (double)one["score"]!))];
            Assert.Equal(20, Expected.Count);
        }

        public ValueTask DisposeAsync()
        {
            folder.Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>The array x of an .npz file, uint8 N×3×32×32, behind the header of its .npy file.</summary>
        private static byte[] Pixels(string npz)
        {
            using var archive = ZipFile.OpenRead(npz);
            using var stream = archive.GetEntry("x.npy")!.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var file = bytes.ToArray();
            return file[(10 + BitConverter.ToUInt16(file, 8))..];
        }

        private static byte[] Png(byte[] planes)
        {
            using var bitmap = new SKBitmap(32, 32, SKColorType.Rgba8888, SKAlphaType.Opaque);
            for (var i = 0; i < 1024; i++)
                bitmap.SetPixel(i % 32, i / 32, new SKColor(planes[i], planes[1024 + i], planes[2048 + i]));
            using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            return data.ToArray();
        }
    }
}
