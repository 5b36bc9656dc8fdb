using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace DQPipeline.Journeys;

/// <summary>Builds on a real Slurm, undisturbed and otherwise. What comes out is held against a build of this machine alone, bit for bit.</summary>
public class SlurmJourneys
{
    /// <summary>The quickstart, with so few images that a training takes seconds.</summary>
    private static readonly string s_quickstart = File.ReadAllText(Path.Combine(DqTool.Repository, "examples", "quickstart", "dq.json"))
        .Replace("\"threads\": 2", "\"threads\": 1, \"executors\": { \"slurm\": { \"partition\": \"small\", \"time\": \"0:30:00\", \"memory\": \"200M\", \"options\": [\"--nice=1\"] } }", StringComparison.Ordinal)
        .Replace("\"train\": 8000, \"test\": 2000", "\"train\": 400, \"test\": 100", StringComparison.Ordinal)
        .Replace("\"epochs\": 3", "\"epochs\": 6", StringComparison.Ordinal)
        .Replace("\"steps\": 10", "\"steps\": 2", StringComparison.Ordinal)
        .Replace("\"samples\": 500", "\"samples\": 50", StringComparison.Ordinal)
        .Replace("\"atLeast\": 0.7", "\"atLeast\": 0", StringComparison.Ordinal);

    [Fact]
    public async Task The_quickstart_survives_its_front_end_and_a_requeue_and_a_cancelled_job_with_the_bits_of_a_local_build()
    {
        using var cluster = await SlurmCluster.StartAsync();
        using var local = new Folder(s_quickstart);
        (await DqTool.RunAsync(local.Path, "build", "--quiet")).Expect(0);

        using var folder = new Folder(s_quickstart);
        string[] both;
        using (var build = DqTool.Start(folder.Path, cluster.Use, "build", "--executor", "slurm", "--jobs", "2"))
        {
            // Both have learned something that must not be lost.
            while (Checkpoints(folder) < 2)
                await StillRunsAsync(build);
            both = [.. Submitted(folder).Values];
            Assert.Equal(2, both.Length);
            build.Kill();
            await build.WaitForExitAsync();
        }

        // Nobody is there, and they go on.
        Assert.All(await Task.WhenAll(both.Select(cluster.StateAsync)), state => Assert.Equal("RUNNING", state));
        var submitted = Submitted(folder);
        var (requeued, followed) = (submitted.ElementAt(0), submitted.ElementAt(1));
        _ = await cluster.AskAsync("scontrol", "requeue", requeued.Value);
        while (!(await cluster.StateAsync(requeued.Value)).StartsWith("PENDING", StringComparison.Ordinal))
            await Task.Delay(50);
        // Slurm lets two minutes pass after a requeue.
        _ = await cluster.AskAsync("scontrol", "update", $"JobId={requeued.Value}", "StartTime=now");

        // A build of this machine would spoil their checkpoints.
        Assert.Contains("error DQ6022", (await DqTool.RunAsync(folder.Path, "build", requeued.Key)).Expect(1).Error, StringComparison.Ordinal);

        using (var attached = DqTool.Start(folder.Path, cluster.Use, "attach"))
        {
            var said = new StringBuilder();
            while (await attached.StandardError.ReadLineAsync() is { } line)
            {
                _ = said.Append(line).Append('\n');
                // The third training, whose turn comes once one of the two is done.
                if (line.Contains("submitted as Slurm job", StringComparison.Ordinal) && Submitted(folder).FirstOrDefault(job => job.Key.StartsWith("train/", StringComparison.Ordinal) && !submitted.ContainsKey(job.Key)) is { Value: { } third })
                    _ = await cluster.AskAsync("scancel", third);
            }

            await attached.WaitForExitAsync();
            var text = said.ToString();
            Assert.True(attached.ExitCode == 1, text);
            foreach (var (name, id) in submitted)
            {
                Assert.Contains($"{name} is Slurm job {id}", text, StringComparison.Ordinal);
                Assert.Contains($"{name["train/".Length..]}: goes on as Slurm job {id}", text, StringComparison.Ordinal);
            }

            Assert.Matches($@"{requeued.Key["train/".Length..]}: resumed at step [1-9]", text);
            Assert.Matches(@"error DQ6021: .* was cancelled, though not by this build", text);
            // One job each so far, however often it was started, and two starts of the requeued one.
            Assert.All((string[])[followed.Key, requeued.Key], name => Assert.True(Headers(folder, name) == 1, $"{text}\n{File.ReadAllText(Log(folder, name))}"));
        }

        Assert.Contains($"==== Slurm job {requeued.Value}, start 2, on ", File.ReadAllText(Log(folder, requeued.Key)), StringComparison.Ordinal);

        var ended = (await DqTool.RunAsync(folder.Path, cluster.Use, "build", "--executor", "slurm")).Expect(0);
        Assert.Contains(" built", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Submitted(folder));
        Assert.Equal(File.ReadAllText(local.At("dq.lock")), File.ReadAllText(folder.At("dq.lock")));
        Assert.Equal(Outputs(local), Outputs(folder));
    }

    [Fact]
    public async Task A_matrix_is_one_array_and_Ctrl_C_cancels_it_after_its_checkpoints()
    {
        using var cluster = await SlurmCluster.StartAsync();
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "street": { "kind": "street-digits", "train": 1000, "test": 100 } },
              "train": { "dq": { "dataset": "street", "epochs": 40, "matrix": { "activation.bits": [1, 2, 4] } } },
            }
            """);
        using (var build = DqTool.Start(folder.Path, cluster.Use, "build", "--executor", "slurm"))
        {
            var error = build.StandardError.ReadToEndAsync();
            while (Checkpoints(folder) < 2)
                await StillRunsAsync(build);
            var ids = Submitted(folder).Values.Order(StringComparer.Ordinal).ToList();
            var array = ids[0].Split('_')[0];
            Assert.Equal([$"{array}_0", $"{array}_1", $"{array}_2"], ids);
            Assert.Equal("PENDING RUNNING RUNNING", string.Join(' ', (await cluster.StateAsync(array)).Split('\n').Order()));
            using (var interrupt = Process.Start("kill", ["-INT", $"{build.Id}"]))
                await interrupt.WaitForExitAsync();
            await build.WaitForExitAsync();
            Assert.True(build.ExitCode == 130, await error);
            Assert.Equal(["CANCELLED", "CANCELLED", "CANCELLED"], (await cluster.StateAsync(array)).Split('\n'));
        }

        Assert.Empty(Submitted(folder));
        folder.Edit("\"epochs\": 40", "\"epochs\": 1");
        // Both a matrix and all that reads it, of which nothing is left over: one array again.
        Assert.Contains("dq: 3 built", (await DqTool.RunAsync(folder.Path, cluster.Use, "build", "--executor", "slurm")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Contains("no job of this folder is with Slurm", (await DqTool.RunAsync(folder.Path, cluster.Use, "attach")).Expect(0).Error, StringComparison.Ordinal);
    }

    private static async Task StillRunsAsync(Process build)
    {
        Assert.False(build.HasExited, build.HasExited ? await build.StandardError.ReadToEndAsync() : "");
        await Task.Delay(20);
    }

    private static int Checkpoints(Folder folder) => !Directory.Exists(folder.At(".dq", "checkpoints")) ? 0
        : Directory.GetDirectories(folder.At(".dq", "checkpoints")).Count(key => Directory.EnumerateFiles(key, "*.safetensors").Any());

    /// <summary>The ids of jobs that were submitted and not yet taken back, by their names.</summary>
    private static SortedDictionary<string, string> Submitted(Folder folder)
    {
        var ids = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var id in Directory.Exists(folder.At(".dq", "slurm")) ? Directory.GetFiles(folder.At(".dq", "slurm"), "id", SearchOption.AllDirectories) : [])
            ids[(string)JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(id)!, "submission.json")))!["name"]!] = File.ReadAllText(id);
        return ids;
    }

    private static string Log(Folder folder, string name) => folder.At(".dq", "logs", name + ".log");

    private static int Headers(Folder folder, string name) => File.ReadAllLines(Log(folder, name)).Count(line => line.StartsWith("==== 2", StringComparison.Ordinal));

    private static List<string> Outputs(Folder folder) =>
        [.. Directory.EnumerateFiles(folder.At(".dq", "out"), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("card.md", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(folder.Path, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")];
}
