using System.Diagnostics;

namespace DQPipeline.Journeys;

/// <summary>`dq watch`: what changes is built.</summary>
public class WatchJourneys
{
    // Far more than they take: a wait in vain is to fail.
    private const int Limit = 300_000;
    private const string Watching = "dq: watching for changes; Ctrl-C ends it";

    [Fact(Timeout = Limit)]
    public async Task A_change_is_built_a_mistake_is_told_and_waited_out_and_an_interrupt_ends_it()
    {
        using var folder = new Folder();
        using var watch = DqTool.Start(folder.Path, null, "watch");
        var first = await UntilAsync(watch, Watching);
        Assert.Contains("dq: 6 built", first, StringComparison.Ordinal);

        folder.Edit("\"epsilon\": [2]", "\"epsilon\": [4]");
        folder.Edit("\"epsilon\": 2,", "\"epsilon\": 4,");
        var second = await UntilAsync(watch, Watching);
        Assert.Contains("dq: dq.json changed", second, StringComparison.Ordinal);
        Assert.Contains("fgsm ε=4", second, StringComparison.Ordinal);

        folder.Edit("\"bits\": 4", "\"bits\": 40");
        var third = await UntilAsync(watch, Watching);
        Assert.Contains("dq: dq.json changed", third, StringComparison.Ordinal);
        Assert.Contains("error DQ1004", third, StringComparison.Ordinal);
        folder.Edit("\"bits\": 40", "\"bits\": 2");
        Assert.Contains("built", await UntilAsync(watch, Watching), StringComparison.Ordinal);

        using var interrupt = Process.Start("kill", ["-INT", $"{watch.Id}"])!;
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watch.ExitCode);
        Assert.Matches("\"activation.bits\": ?2\\b", File.ReadAllText(folder.At("dq.lock")));
    }

    [Fact(Timeout = Limit)]
    public async Task A_change_in_the_middle_of_a_build_stops_it()
    {
        using var folder = new Folder(Folder.Small.Replace("\"epochs\": 1", "\"epochs\": 10000", StringComparison.Ordinal));
        using var watch = DqTool.Start(folder.Path, null, "watch");
        await UntilAsync(watch, "full: started");
        folder.Edit("\"epochs\": 10000", "\"epochs\": 1");
        var rest = await UntilAsync(watch, Watching);
        Assert.Contains("cancelled", rest, StringComparison.Ordinal);
        Assert.Contains("dq: 6 built", rest, StringComparison.Ordinal);
        watch.Kill(entireProcessTree: true);
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What the program says up to a text; the test's own time limit ends a wait in vain.</summary>
    private static async Task<string> UntilAsync(Process process, string text)
    {
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
                return string.Join('\n', said);
        }

        throw new InvalidOperationException($"it ended without '{text}':\n{string.Join('\n', said)}");
    }
}
