using System.Text.RegularExpressions;

namespace DQPipeline.Packages.Tests;

/// <summary>The command line as a .NET tool.</summary>
[Collection("machine")]
public partial class ToolJourneys(Machine machine)
{
    [Fact(Explicit = true)]
    public async Task Installed_into_a_tool_path_it_does_all_that_a_newcomer_asks()
    {
        var folder = machine.New("tools");
        var before = Entries();
        (await folder.DotnetAsync("tool", "install", "dotnet-dq", "--version", machine.Version, "--tool-path", "bin")).Expect(0);
        var dq = folder.At("bin", "dotnet-dq");
        (await folder.RunAsync(dq, "doctor")).Expect(0).Says(folder.At("bin", ".store"));
        (await folder.RunAsync(dq, "init", "fresh")).Expect(0);
        Scale(folder, "fresh/dq.json");
        (await folder.RunAsync(dq, "build", "fresh")).Expect(0);
        (await folder.RunAsync(dq, "build", "fresh")).Expect(0).Says("up to date");
        Assert.True(File.Exists(folder.At("fresh", ".dq", "out", "app", "model.zip")));
        (await folder.DotnetAsync("tool", "uninstall", "dotnet-dq", "--tool-path", "bin")).Expect(0);
        Assert.Empty(Directory.EnumerateFiles(folder.At("bin"), "*", SearchOption.AllDirectories));
        // What stays is what the page says: the relaxed copy of a native library in the user's cache. (.NET and NuGet keep their own.)
        Assert.All(Entries().Except(before), entry => Assert.Matches("^(\\.dotnet|\\.nuget|\\.local/share/NuGet|\\.local/share/dqpipeline|\\.cache/dqpipeline|\\.templateengine|\\.config/NuGet|\\.aspnet|\\.microsoft)", entry));
    }

    [Fact(Explicit = true)]
    public async Task In_a_manifest_it_is_dotnet_dq_and_the_msbuild_package_runs_it()
    {
        var project = Apps.Console(machine, "manifest");
        (await project.DotnetAsync("new", "tool-manifest")).Expect(0);
        (await project.DotnetAsync("tool", "install", "dotnet-dq", "--version", machine.Version)).Expect(0);
        (await project.DotnetAsync("dotnet-dq", "--version")).Expect(0).Says(machine.Version);
        (await project.DotnetAsync("build", "-p:DqToolCommand=dotnet tool run dotnet-dq --")).Expect(0).DoesNotSay("DQ6008");
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.Said);
        (await project.DotnetAsync("dq", "status")).Expect(0).Says("digits");
    }

    [Fact(Explicit = true)]
    public async Task It_runs_once_without_being_installed()
    {
        var folder = machine.New("once");
        (await folder.DotnetAsync("tool", "exec", $"dotnet-dq@{machine.Version}", "--yes", "--", "init", ".")).Expect(0);
        Assert.True(File.Exists(folder.At("dq.json")));
    }

    [Fact(Explicit = true)]
    public async Task Without_a_backend_inside_it_restores_one_or_says_what_to_do()
    {
        var folder = machine.New("any");
        System.IO.Compression.ZipFile.ExtractToDirectory(Path.Combine(machine.Packages, machine.File("dotnet-dq.any.*.nupkg")), folder.At("any"));
        var tool = folder.At("any", "tools", "net10.0", "any", "dotnet-dq.dll");
        folder.Write("dq.json", Apps.Pipeline);
        // A packages folder of its own, in which there is nothing.
        var own = folder.At("packages");
        (await folder.RunAsync("env", $"NUGET_PACKAGES={own}", "DQ_RESTORE=never", "dotnet", tool, "build")).Expect(1).Says("error DQ3001").Says("DQ_LIBTORCH");
        Assert.False(Directory.Exists(own));
        folder.Write("nuget.config", "<configuration><packageSources><clear /><add key=\"nothing\" value=\"empty\" /></packageSources></configuration>");
        Directory.CreateDirectory(folder.At("empty"));
        (await folder.RunAsync("env", $"NUGET_PACKAGES={own}", "dotnet", tool, "build")).Expect(1).Says("error DQ3001").Says("NU1101");
        File.Delete(folder.At("nuget.config"));
        (await folder.RunAsync("env", $"NUGET_PACKAGES={own}", "dotnet", tool, "build")).Expect(0).Says("restoring libtorch-cpu-linux-x64 2.10.0");
        Assert.True(Directory.Exists(Path.Combine(own, "libtorch-cpu-linux-x64")));
        // A folder that somebody names is taken, and nothing is restored.
        (await folder.RunAsync("env", "NUGET_PACKAGES=/nowhere", $"DQ_LIBTORCH={Path.Combine(own, "libtorch-cpu-linux-x64", "2.10.0", "runtimes", "linux-x64", "native")}", "dotnet", tool, "build", "--force")).Expect(0).DoesNotSay("restoring");
    }

    /// <summary>The same pipeline with fewer images and epochs: seconds instead of minutes.</summary>
    private static void Scale(Project folder, string file)
    {
        var text = File.ReadAllText(folder.At(file));
        text = Numbers().Replace(text, match => match.Groups[1].Value + (match.Groups[2].Value switch { "train" => "400", "test" => "200", "epochs" => "1", "samples" => "100", _ => "0.0" }));
        folder.Write(file, text);
    }

    private List<string> Entries() =>
        [.. Directory.EnumerateFileSystemEntries(machine.Home, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, AttributesToSkip = 0 }).Select(path => Path.GetRelativePath(machine.Home, path))];

    [GeneratedRegex("(\"(train|test|epochs|samples|atLeast)\": )[0-9.]+")]
    private static partial Regex Numbers();
}
