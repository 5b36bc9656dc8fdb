using System.Text.Json.Nodes;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using DQPipeline.Testing;
using Microsoft.Playwright;

namespace DQPipeline.Journeys;

/// <summary>Reports, from their declaration to what a browser makes of them.</summary>
public class ReportJourneys
{
    private const string Declared = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 60 } },
          "train": {
            "full": { "dataset": "street", "epochs": 2 },
            "dq": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 } },
            "grid": { "extends": "full", "matrix": { "activation.bits": [2, 4] } },
            "substitute": { "extends": "full", "seed": 3 },
          },
          "evaluate": { "robustness": { "models": ["full", "dq", "grid"], "attacks": ["fgsm", "r+fgsm"], "epsilon": [2, 8], "samples": 40, "blackBoxFrom": "substitute",
            "gates": [{ "model": "dq", "atLeast": 0.0 }] } },
          "distance": { "figure3b": { "models": ["full", "dq"], "at": "convolutions", "epsilon": 8, "samples": 20 } },
          "samples": { "figure7": { "models": ["full", "dq"], "count": 2 } },
          "report": { "page": { "title": "What <b>holds</b> & what not", "formats": ["html", "markdown", "json"] } },
        }
        """;

    [Fact]
    public async Task A_declared_report_is_one_page_that_a_browser_shows_whole_and_that_a_build_with_nothing_to_do_leaves_alone()
    {
        using var folder = new Folder(Declared);
        (await DqTool.RunAsync(folder.Path, "build", "page")).Expect(0);
        var page = folder.At(".dq", "out", "page", "report.html");
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        foreach (var text in (string[])["What &lt;b&gt;holds&lt;/b&gt; &amp; what not", "The gate holds", "Accuracy against strength", "Accuracy against bits", "White box and black box", "How attacks grow inside the network", "Samples: figure7", "Loss in training"])
            Assert.Contains(text, html, StringComparison.Ordinal);
        Assert.True(new FileInfo(page).Length < 5_000_000);

        // The same figures for programs, and as tables.
        var json = JsonNode.Parse(await File.ReadAllTextAsync(folder.At(".dq", "out", "page", "report.json"), TestContext.Current.CancellationToken))!;
        var metrics = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)!;
        Assert.True(JsonNode.DeepEquals(metrics, json["metrics"]));
        Assert.Contains("| dq | clean | at least 0.0 % |", await File.ReadAllTextAsync(folder.At(".dq", "out", "page", "report.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // It stays as it is, comes back when it is lost, and follows the declarations.
        var written = File.GetLastWriteTimeUtc(page);
        (await DqTool.RunAsync(folder.Path, "build", "page")).Expect(0);
        Assert.Equal(written, File.GetLastWriteTimeUtc(page));
        File.Delete(page);
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Equal(html, await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken));
        folder.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        (await DqTool.RunAsync(folder.Path, "build")).Expect(3);
        Assert.Contains("The gate fails", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await Show(page);
    }

    [Theory]
    [InlineData("page")]
    [InlineData("report/page")]
    public async Task A_declared_report_has_its_own_options_by_either_of_its_names(string name)
    {
        using var folder = new Folder(Declared);
        Assert.StartsWith("# What &lt;b>holds", (await DqTool.RunAsync(folder.Path, "report", ".", name, "--format", "md")).Expect(0).Output, StringComparison.Ordinal);
    }

    /// <summary>WCAG 2.2 AA by axe-core, with everything unfolded that the reader may unfold.</summary>
    private static async Task Judge(IPage page)
    {
        await page.Locator("details").EvaluateAllAsync<int>("all => all.map(one => one.open = true).length");
        var found = await page.RunAxe(new AxeRunOptions { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });
        Assert.True(found.Passes.Length > 15);
        Assert.Empty(found.Violations.SelectMany(rule => rule.Nodes.Select(node => $"{rule.Id}: {rule.Help}: {node.Html}")));
    }

    private static async Task Show(string path)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = RealData.Command("chromium"), Args = ["--no-sandbox"] });
        foreach (var (width, scheme) in ((int, ColorScheme)[])[(360, ColorScheme.Light), (1440, ColorScheme.Dark), (1440, ColorScheme.Light), (360, ColorScheme.Dark)])
        {
            var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
            var (complaints, requests) = (new List<string>(), new List<string>());
            page.Console += (_, message) => complaints.AddRange(message.Type == "error" ? [message.Text] : []);
            page.PageError += (_, error) => complaints.Add(error);
            page.Request += (_, request) => requests.Add(request.Url);
            await page.GotoAsync(new Uri(path).AbsoluteUri);
            Assert.Empty(complaints);
            Assert.Equal([new Uri(path).AbsoluteUri], requests.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)));
            Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            // One of the two sizes of each drawing is seen, and every picture is decoded.
            var drawings = page.Locator("figure");
            Assert.Equal(await drawings.CountAsync(), await page.Locator("figure > div > svg:visible").CountAsync());
            Assert.Equal(10, await page.Locator("img").EvaluateAllAsync<int>("images => images.filter(image => image.naturalWidth === 32).length"));
            if (Environment.GetEnvironmentVariable("DQ_SCREENSHOT") is { } shot)
                await page.ScreenshotAsync(new() { Path = $"{shot}-{width}-{scheme}.png", FullPage = true });
            await Judge(page);
        }
    }
}
