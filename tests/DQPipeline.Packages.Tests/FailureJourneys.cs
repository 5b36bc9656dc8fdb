using System.Diagnostics;
using Microsoft.Build.Logging.StructuredLogger;
using Task = System.Threading.Tasks.Task;

namespace DQPipeline.Packages.Tests;

/// <summary>What goes wrong is said as MSBuild says it, and nothing that was computed is lost.</summary>
[Collection("machine")]
public class FailureJourneys(Machine machine)
{
    [Fact(Explicit = true)]
    public async Task A_gate_that_fails_fails_the_build_at_its_line()
    {
        var project = Apps.Console(machine, "gate", Apps.Pipeline.Replace("\"atLeast\": 0.0", "\"atLeast\": 1.0", StringComparison.Ordinal));
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(1).Says("dq.json(10,9): error DQ4001");
        Assert.Equal(("DQ4001", project.At("dq.json"), 10, 9), ErrorIn(project));
        (await project.DotnetAsync("build", "-p:DqGateSeverity=warning", "-p:TreatWarningsAsErrors=false")).Expect(0).Says("dq.json(10,9): warning DQ4001");
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.SaidWithout);
    }

    [Fact(Explicit = true)]
    public async Task A_malformed_file_fails_the_build_at_its_line()
    {
        var project = Apps.Console(machine, "malformed", Apps.Pipeline.Replace("\"bits\": 4", "\"bits\": 9", StringComparison.Ordinal));
        const int line = 4;
        var column = File.ReadAllLines(project.At("dq.json"))[line - 1].IndexOf("9 }", StringComparison.Ordinal) + 1;
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(1).Says($"dq.json({line},{column}): error DQ1004: \"bits\" should be from 1 to 8, or 32, not 9");
        Assert.Equal(("DQ1004", project.At("dq.json"), line, column), ErrorIn(project));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_gate_in_an_item_fails_the_build_at_the_items_line()
    {
        var project = Apps.Console(machine, "items-gate", pipeline: null, items: Apps.Items.Replace("AtLeast=\"0.0\"", "AtLeast=\"1.0\"", StringComparison.Ordinal));
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(1);
        Assert.Equal(("DQ4001", project.At("App.csproj"), Line(project, "<DqGate"), 6), ErrorIn(project));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_wrong_option_of_an_item_fails_the_build_at_the_options_place()
    {
        var project = Apps.Console(machine, "items-wrong", pipeline: null, items: Apps.Items.Replace("ActivationBits=\"4\"", "ActivationBits=\"9\"", StringComparison.Ordinal));
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(1).Says("error DQ1004: \"bits\" should be from 1 to 8, or 32, not 9");
        var line = File.ReadAllLines(project.At("App.csproj"))[Line(project, "<DqTrain") - 1];
        Assert.Equal(("DQ1004", project.At("App.csproj"), Line(project, "<DqTrain"), line.IndexOf("ActivationBits", StringComparison.Ordinal) + 1), ErrorIn(project));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task Items_alone_build_what_a_file_does()
    {
        var project = Apps.Console(machine, "items", pipeline: null, items: Apps.Items);
        (await project.DotnetAsync("build")).Expect(0);
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.Said);
        var other = Apps.Console(machine, "file");
        (await other.DotnetAsync("build")).Expect(0);
        Assert.Equal(File.ReadAllText(other.At("dq.lock")), File.ReadAllText(project.At("dq.lock")));
        (await project.DotnetAsync("build", "-p:DqPipelineFile=../elsewhere/dq.json")).Expect(1).Says("error DQ1014");
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task The_binlog_says_why_each_target_is_run_or_not()
    {
        var project = Apps.Console(machine, "decisions");
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(0);
        Assert.Contains("train/dq: will be built: never built", Messages(project));
        project.Edit("dq.json", "\"epochs\": 1", "\"epochs\": 2");
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(0);
        Assert.Contains(Messages(project), text => text.StartsWith("train/dq: will be built: ", StringComparison.Ordinal) && text.Contains("epochs", StringComparison.Ordinal));
        (await project.DotnetAsync("build", "-bl:build.binlog")).Expect(0);
        Assert.Contains("train/dq: up to date", Messages(project));
    }

    [Fact(Explicit = true)]
    public async Task Ctrl_C_leaves_a_checkpoint_from_which_the_next_build_goes_on()
    {
        var project = Apps.Console(machine, "cancelled", Apps.Long);
        (await project.DotnetAsync("restore")).Expect(0);
        var output = new System.Text.StringBuilder();
        // Its own process group, as a shell gives it, which Ctrl-C reaches as a whole.
        using (var build = project.Start("setsid", "--wait", "env", "--default-signal=INT", "DQ_CHECKPOINT_SECONDS=1", "dotnet", "build", "--no-restore"))
        {
            var reading = Read(build, output);
            await Until(build, () => Has(output, "dq: started"));
            await Until(build, () => HasCheckpoint(project));
            (await project.RunAsync("pkill", "-INT", "-g", GroupOf(build))).Expect(0);
            await build.WaitForExitAsync();
            await reading;
            Assert.NotEqual(0, build.ExitCode);
        }

        (await project.DotnetAsync("build")).Expect(0).Says("dq: resumed at step ");
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_killed_node_leaves_nothing_running_and_the_next_build_goes_on()
    {
        var project = Apps.Console(machine, "killed", Apps.Long);
        (await project.DotnetAsync("restore")).Expect(0);
        var output = new System.Text.StringBuilder();
        using (var build = project.Start("env", "DQ_CHECKPOINT_SECONDS=1", "dotnet", "build", "--no-restore"))
        {
            var reading = Read(build, output);
            await Until(build, () => Has(output, "dq: started"));
            await Until(build, () => HasCheckpoint(project));
            Assert.NotEmpty(Working(project));
            // The node alone: the tool below it has to find out by itself that nobody waits for it.
            build.Kill(entireProcessTree: false);
            await build.WaitForExitAsync();
        }

        // A step and a checkpoint are done with long before this.
        for (var clock = Stopwatch.StartNew(); Working(project).Count > 0 && clock.Elapsed < TimeSpan.FromMinutes(2);)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Empty(Working(project));

        (await project.DotnetAsync("build")).Expect(0).Says("dq: resumed at step ");
    }

    private static (string Code, string File, int Line, int Column) ErrorIn(Project project)
    {
        var error = BinaryLog.ReadBuild(project.At("build.binlog")).FindChildrenRecursive<Error>().First();
        return (error.Code, error.File, error.LineNumber, error.ColumnNumber);
    }

    private static List<string> Messages(Project project) => [.. BinaryLog.ReadBuild(project.At("build.binlog")).FindChildrenRecursive<Message>().Select(message => message.Text)];

    private static int Line(Project project, string element) => Array.FindIndex(File.ReadAllLines(project.At("App.csproj")), line => line.Contains(element, StringComparison.Ordinal)) + 1;

    /// <summary>setsid makes its child the leader of a group of the child's own id.</summary>
    private static string GroupOf(Process setsid) => File.ReadAllText($"/proc/{setsid.Id}/task/{setsid.Id}/children").Trim() is { Length: > 0 } child ? child : setsid.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task Read(Process process, System.Text.StringBuilder into)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (into)
                into.AppendLine(line);
        }
    }

    private static bool HasCheckpoint(Project project) =>
        Directory.Exists(project.At(".dq", "checkpoints")) && Directory.EnumerateFiles(project.At(".dq", "checkpoints"), "checkpoint.safetensors", SearchOption.AllDirectories).Any();

    private static bool Has(System.Text.StringBuilder output, string text)
    {
        lock (output)
            return output.ToString().Contains(text, StringComparison.Ordinal);
    }

    /// <summary>The command lines of the tool and of its workers, which have the project's folder for theirs, that run for a project.</summary>
    private static List<string> Working(Project project)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
                if (line.Contains("dotnet-dq", StringComparison.Ordinal) && (line.Contains(project.Folder, StringComparison.Ordinal) || new FileInfo(Path.Combine(process, "cwd")).LinkTarget == project.Folder))
                    found.Add(line);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is another user's.
            }
        }

        return found;
    }

    /// <summary>Looks again and again, for as long as the build runs.</summary>
    private static async Task Until(Process build, Func<bool> isSo)
    {
        while (!isSo())
        {
            Assert.False(build.HasExited, "the build ended first");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
