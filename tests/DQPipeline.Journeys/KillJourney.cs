using System.Diagnostics;
using System.Security.Cryptography;

namespace DQPipeline.Journeys;

/// <summary>The long check of crash safety: the quickstart, killed again and again. Run by `.ci/run nightly` (`-explicit only`).</summary>
public class KillJourney
{
    private const int Kills = 5;

    [Fact(Explicit = true)]
    public async Task A_quickstart_killed_at_five_moments_always_ends_with_the_bits_of_an_undisturbed_one()
    {
        var declaration = File.ReadAllText(Path.Combine(DqTool.Repository, "examples", "quickstart", "dq.json"));
        using var undisturbed = new Folder(declaration);
        var clock = Stopwatch.StartNew();
        (await DqTool.RunAsync(undisturbed.Path, "build", "--quiet")).Expect(0);
        var whole = clock.Elapsed;
        var expected = Outputs(undisturbed);
        var random = new Random(2019);
        var resumed = 0;
        for (var kills = 0; kills < Kills;)
        {
            using var folder = new Folder(declaration);
            var moment = whole * (0.05 + (0.9 * random.NextDouble()));
            using (var build = DqTool.Start(folder.Path, start => start.Environment["DQ_CHECKPOINT_SECONDS"] = "2", "build", "--quiet"))
            {
                var ended = build.WaitForExitAsync();
                if (await Task.WhenAny(ended, Task.Delay(moment)) == ended)
                    continue;
                // The whole tree at once, as an out-of-memory killer or a power cut takes it.
                build.Kill(entireProcessTree: true);
                await ended;
                kills++;
            }

            var following = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
            var from = System.Text.RegularExpressions.Regex.Match(following.Error, @"^(\S+): resumed at step ([1-9]\d*)", System.Text.RegularExpressions.RegexOptions.Multiline);
            resumed += from.Success ? 1 : 0;
            Console.WriteLine($"kill {kills} after {moment.TotalSeconds:0} s: {(from.Success ? from.Value : "no training to resume")}; outputs {(expected.SequenceEqual(Outputs(folder)) ? "equal" : "DIFFER")}");
            Assert.Equal(expected, Outputs(folder));
            Assert.Equal(File.ReadAllText(undisturbed.At("dq.lock")), File.ReadAllText(folder.At("dq.lock")));
        }

        Assert.True(2 * resumed >= Kills, $"only {resumed} of {Kills} kills came after a checkpoint in training");
    }

    private static List<string> Outputs(Folder folder) =>
        [.. Directory.EnumerateFiles(folder.At(".dq", "out"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(folder.Path, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")];
}
