using System.Diagnostics;
using System.Text.Json.Nodes;
using DQPipeline.Testing;

namespace DQPipeline.MSBuild.Tests;

/// <summary>What can be known of the CUDA opt-in where its packages cannot be restored: what it asks NuGet for.</summary>
public class CudaTests
{
    [Theory]
    [InlineData("false", "libtorch-cpu-", "TorchSharp-cuda-linux")]
    [InlineData("true", "TorchSharp-cuda-linux", "libtorch-cpu-")]
    public void The_opt_in_changes_what_is_restored(string cuda, string wanted, string unwanted)
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(Repository.Root, "pipeline", "DQPipeline", "DQPipeline.csproj"), $"-p:DqCuda={cuda}", "-getItem:PackageReference"]) { RedirectStandardOutput = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var packages = JsonNode.Parse(process.StandardOutput.ReadToEnd())!["Items"]!["PackageReference"]!.AsArray().Select(item => item!["Identity"]!.ToString()).ToList();
        Assert.Contains(packages, package => package.StartsWith(wanted, StringComparison.Ordinal));
        Assert.DoesNotContain(packages, package => package.StartsWith(unwanted, StringComparison.Ordinal));
    }
}
