using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.Json;
using DQPipeline.Testing;

namespace DQPipeline.Packages.Tests;

/// <summary>A debugger finds the sources of what is packed from a clone of a known host.</summary>
[Collection("machine")]
public class SourceLinkTests(Machine machine)
{
    private static readonly Guid s_sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    [Fact(Explicit = true)]
    public async Task A_clone_of_github_links_each_source_to_its_commit()
    {
        var clone = machine.New("source");
        (await clone.RunAsync("git", "clone", "--quiet", Repository.Root, ".")).Expect(0);
        (await clone.RunAsync("git", "remote", "set-url", "origin", "https://github.com/someone/dq-pipeline.git")).Expect(0);
        var commit = (await clone.RunAsync("git", "rev-parse", "HEAD")).Expect(0).Text.Trim();
        (await clone.DotnetAsync("build", "pipeline/DQPipeline.Declarations", "-c", "Release", "-v", "quiet")).Expect(0);

        using var reader = new PEReader(File.OpenRead(clone.At("pipeline", "DQPipeline.Declarations", "bin", "Release", "net10.0", "DQPipeline.Declarations.dll")));
        using var symbols = reader.ReadEmbeddedPortablePdbDebugDirectoryData(reader.ReadDebugDirectory().Single(part => part.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var metadata = symbols.GetMetadataReader();
        var link = metadata.CustomDebugInformation.Select(metadata.GetCustomDebugInformation).Single(information => metadata.GetGuid(information.Kind) == s_sourceLink);
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(metadata.GetBlobBytes(link.Value)));
        var documents = json.RootElement.GetProperty("documents").EnumerateObject().ToDictionary(document => document.Name, document => document.Value.GetString());
        Assert.Equal($"https://raw.githubusercontent.com/someone/dq-pipeline/{commit}/*", Assert.Contains("/_/*", documents));
    }
}
