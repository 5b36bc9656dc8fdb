using System.Diagnostics;

namespace DQPipeline.Journeys;

/// <summary>What a build looks like on a terminal, as tmux shows it, and in a log.</summary>
public sealed class TerminalJourneys : IDisposable
{
    private const string Pipeline = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 400, "test": 100 } },
          "train": { "full": { "dataset": "street", "epochs": 2 }, "dq": { "extends": "full", "activation": { "bits": 4 } } },
          "quantize": { "dq-int8": { "model": "dq", "maxLoss": 100 } },
          "evaluate": { "robustness": { "models": ["full", "dq", "dq-int8"], "attacks": ["fgsm", { "kind": "pgd", "steps": 2 }], "epsilon": [2, 8],
            "gates": [{ "model": "dq-int8", "attack": "pgd", "epsilon": 2, "atLeast": 0.0 }] } },
          "package": { "digits": { "model": "dq-int8" } } }
        """;

    private readonly string _session = $"dq-{Guid.NewGuid():N}";

    private bool _hasSession;

    public void Dispose()
    {
        if (_hasSession)
            Tmux("kill-server");
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task A_terminal_shows_bars_below_lines_that_stay_and_a_table_that_fits(int columns)
    {
        _ = Testing.RealData.Command("tmux");
        _hasSession = true;
        using var folder = new Folder(Pipeline);
        // What is printed last stands there until the session is ended; the status line would take a row. Colours come through tmux as no text.
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", $"{columns}", "-y", "60", $"env -u CI -u NO_COLOR TERM=screen-256color '{DqTool.Program}' build '{folder.Path}' --jobs 2; echo ended with $?; sleep 300");
        var frames = new List<string[]>();
        var clock = Stopwatch.StartNew();
        while (frames.Count == 0 || !frames[^1].Any(line => line.StartsWith("ended with", StringComparison.Ordinal)))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(10), frames.Count == 0 ? "nothing" : string.Join('\n', frames[^1]));
            await Task.Delay(50);
            frames.Add(Tmux("capture-pane", "-p").TrimEnd('\n', ' ').Split('\n'));
        }

        var last = frames[^1];
        Assert.Contains("ended with 0", last);
        // Bars were drawn while something ran, at the bottom and nowhere else, and nothing of them is left.
        Assert.Contains(frames, frame => frame.Any(IsBar));
        Assert.DoesNotContain(last, IsBar);
        foreach (var frame in frames)
        {
            if (!frame.Any(IsBar))
                continue;
            var above = frame.TakeWhile(line => !IsBar(line)).Where(line => line.Length > 0).ToArray();
            Assert.All(frame.SkipWhile(line => !IsBar(line)), line => Assert.True(line.Length == 0 || IsBar(line), string.Join('\n', frame)));
            Assert.Equal(above, last.Where(line => line.Length > 0).Take(above.Length));
        }

        // A table is whole where all its rows are of one width.
        var table = last.Where(line => line.StartsWith('│') || line.StartsWith('╭') || line.StartsWith('├') || line.StartsWith('╰')).ToArray();
        Assert.InRange(table.Length, 8, 20);
        Assert.Single(table.Select(line => line.Length).Distinct());
        Assert.InRange(table[0].Length, 40, columns);
        Assert.Contains(last, line => line.StartsWith("gate passed: dq-int8 pgd", StringComparison.Ordinal));

        static bool IsBar(string line) => line.Contains('━', StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_that_are_asked_about_are_named_as_they_are()
    {
        _ = Testing.RealData.Command("tmux");
        _hasSession = true;
        using var folder = new Folder(null);
        foreach (var name in (string[])["ball", "post"])
        {
            Directory.CreateDirectory(folder.At("photos [1] [red]", name));
            for (var i = 0; i < 2; i++)
                File.WriteAllBytes(folder.At("photos [1] [red]", name, $"{i}.jpg"), []);
        }

        Tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "60", $"env -u CI TERM=screen-256color '{DqTool.Program}' init '{folder.Path}'; echo ended with $?; sleep 300");
        Assert.Contains("> photos [1] [red] (2 classes, 4 images to train on)", await UntilAsync("house numbers"), StringComparison.Ordinal);
        Tmux("send-keys", "Enter");
        Assert.Contains("it trains on photos [1] [red], 2 classes", await UntilAsync("ended with 0"), StringComparison.Ordinal);

        async Task<string> UntilAsync(string text)
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                var shown = Tmux("capture-pane", "-p");
                if (shown.Contains(text, StringComparison.Ordinal))
                    return shown;
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), shown);
                await Task.Delay(50);
            }
        }
    }

    [Fact]
    public async Task A_log_has_a_line_or_two_for_each_model_and_no_sign_of_a_terminal()
    {
        using var folder = new Folder(Pipeline);
        var lines = (await DqTool.RunAsync(folder.Path, "build", "--jobs", "1")).Expect(0).Error.TrimEnd('\n').Split('\n');
        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal) || line.Contains('\r', StringComparison.Ordinal));
        Assert.Equal(["full: started", "full: built", "dq: started", "dq: built"], lines.Where(line => line.StartsWith("full: ", StringComparison.Ordinal) || line.StartsWith("dq: started", StringComparison.Ordinal) || line == "dq: built"));
        Assert.InRange(lines.Length, 10, 40);
        Assert.Contains("dq-int8 pgd at ε = 2", string.Join('\n', lines), StringComparison.Ordinal);
    }

    /// <summary>A server of this test's own, which takes the bytes for UTF-8 whatever the locale.</summary>
    private string Tmux(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tmux", ["-u", "-L", _session, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
