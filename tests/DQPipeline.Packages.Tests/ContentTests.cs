using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DQPipeline.Packages.Tests;

/// <summary>What lies in the packages.</summary>
[Collection("machine")]
public class ContentTests(Machine machine)
{
    /// <summary>The gallery takes 250 MB.</summary>
    private const long MostBytes = 200_000_000;

    private static readonly string[] s_libraries = ["DQPipeline", "DQPipeline.Declarations", "DQPipeline.Imaging", "DQPipeline.ML", "DQPipeline.ML.Training", "DQPipeline.Onnx"];

    [Fact(Explicit = true)]
    public void They_are_all_there_in_one_version()
    {
        var pattern = $"^dotnet-dq\\.([a-z0-9-]+)\\.{Regex.Escape(machine.Version)}\\.nupkg$";
        var rids = Files().Select(name => Regex.Match(name, pattern)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToList();
        string[] expected = [.. s_libraries, "DQPipeline.MSBuild", "dotnet-dq", .. rids.Select(rid => $"dotnet-dq.{rid}")];
        Assert.Equal(expected.Select(id => $"{id}.{machine.Version}.nupkg").Order(StringComparer.Ordinal), Files().Order(StringComparer.Ordinal));
        Assert.Contains("any", rids);
    }

    [Fact(Explicit = true)]
    public void Each_has_a_page_a_licence_its_repository_and_a_size_that_the_gallery_takes()
    {
        foreach (var file in Files())
        {
            Assert.True(new FileInfo(Path.Combine(machine.Packages, file)).Length < MostBytes, $"{file} is too large");
            using var package = Open(file);
            var nuspec = Nuspec(package);
            Assert.Equal("MIT", Value(nuspec, "license"));
            Assert.True(Value(nuspec, "description")?.Length > 40, file);
            Assert.Equal(40, nuspec.Descendants().First(element => element.Name.LocalName == "repository").Attribute("commit")?.Value.Length);
            if (!file.StartsWith("dotnet-dq.", StringComparison.Ordinal) || Value(nuspec, "id") == "dotnet-dq")
                Assert.NotNull(package.GetEntry(Value(nuspec, "readme")!));
        }
    }

    [Fact(Explicit = true)]
    public void The_msbuild_package_holds_its_targets_its_task_and_the_tool_for_every_system()
    {
        using var package = Open(machine.File("DQPipeline.MSBuild.*.nupkg"));
        string[] needed =
        [
            "build/DQPipeline.MSBuild.props", "build/DQPipeline.MSBuild.targets", "buildMultiTargeting/DQPipeline.MSBuild.props", "buildMultiTargeting/DQPipeline.MSBuild.targets",
            "msbuild/DQPipeline.MSBuild.props", "msbuild/DQPipeline.MSBuild.targets", "tasks/netstandard2.0/DQPipeline.MSBuild.dll", "docs/diagnostics.md", "LICENSE",
            "tools/net10.0/any/dotnet-dq.dll", "tools/net10.0/any/dotnet-dq.runtimeconfig.json", "tools/net10.0/any/dotnet-dq.deps.json", "tools/net10.0/any/DQPipeline.Declarations.xml",
            "tools/net10.0/any/runtimes/linux-x64/native/libLibTorchSharp.so", "tools/net10.0/any/runtimes/win-x64/native/LibTorchSharp.dll", "tools/net10.0/any/runtimes/osx-arm64/native/libLibTorchSharp.dylib",
            "tools/net10.0/any/runtimes/linux-x64/native/libonnxruntime.so", "tools/net10.0/any/runtimes/win-x64/native/onnxruntime.dll", "tools/net10.0/any/runtimes/osx-arm64/native/libonnxruntime.dylib",
        ];
        var entries = package.Entries.Select(entry => entry.FullName).ToHashSet();
        Assert.Equal([], needed.Except(entries));
        Assert.DoesNotContain(entries, name => name.StartsWith("lib/", StringComparison.Ordinal) || name.Contains("torch_cpu", StringComparison.Ordinal) || name.Contains("/android/", StringComparison.Ordinal));
        var nuspec = Nuspec(package);
        Assert.Equal("true", Value(nuspec, "developmentDependency"));
        Assert.DoesNotContain(nuspec.Descendants(), element => element.Name.LocalName == "dependency");
    }

    [Fact(Explicit = true)]
    public void The_tool_of_a_system_holds_what_that_system_loads_and_that_of_any_no_libtorch()
    {
        var natives = new Dictionary<string, string[]>
        {
            ["linux-x64"] = ["libtorch.so", "libtorch_cpu.so", "libc10.so", "libLibTorchSharp.so", "libonnxruntime.so", "libSkiaSharp.so"],
            ["win-x64"] = ["torch.dll", "torch_cpu.dll", "c10.dll", "LibTorchSharp.dll", "onnxruntime.dll", "libSkiaSharp.dll"],
            ["osx-arm64"] = ["libtorch.dylib", "libtorch_cpu.dylib", "libc10.dylib", "libLibTorchSharp.dylib", "libonnxruntime.dylib", "libSkiaSharp.dylib"],
        };
        var packed = natives.Where(system => Files().Any(file => file.StartsWith($"dotnet-dq.{system.Key}.", StringComparison.Ordinal))).ToList();
        Assert.NotEmpty(packed);
        foreach (var (rid, needed) in packed)
        {
            using var package = Open(machine.File($"dotnet-dq.{rid}.*.nupkg"));
            var found = package.Entries.Where(entry => entry.FullName.StartsWith($"tools/net10.0/{rid}/", StringComparison.Ordinal)).Select(entry => entry.Name).ToHashSet();
            Assert.Equal([], needed.Except(found));
            Assert.DoesNotContain(found, name => name.Contains("torch_python", StringComparison.Ordinal) || name.Contains("_test.", StringComparison.Ordinal));
            // Of the system on which it was packed, what a build with nothing to do takes its way through is compiled ahead of time.
            if (rid == System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier)
                Assert.All(["dotnet-dq", "DQPipeline.Declarations", "DQPipeline.Targets", "System.CommandLine"], name => Assert.True(IsCompiledAhead(package.GetEntry($"tools/net10.0/{rid}/{name}.dll")!), name));
        }

        using var any = Open(machine.File("dotnet-dq.any.*.nupkg"));
        Assert.DoesNotContain(any.Entries, entry => entry.FullName.Contains("torch_cpu", StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    public void Our_assemblies_are_compiled_reproducibly_and_their_symbols_name_no_folder_of_this_machine()
    {
        var seen = 0;
        foreach (var file in Files())
        {
            using var package = Open(file);
            foreach (var entry in package.Entries.Where(entry => entry.Name.EndsWith(".dll", StringComparison.Ordinal) && (entry.Name.StartsWith("DQPipeline", StringComparison.Ordinal) || entry.Name == "dotnet-dq.dll")))
            {
                using var bytes = new MemoryStream();
                using (var stream = entry.Open())
                    stream.CopyTo(bytes);
                bytes.Position = 0;
                using var reader = new PEReader(bytes);
                var directory = reader.ReadDebugDirectory();
                Assert.Contains(directory, part => part.Type == DebugDirectoryEntryType.Reproducible);
                using var symbols = reader.ReadEmbeddedPortablePdbDebugDirectoryData(directory.Single(part => part.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
                var metadata = symbols.GetMetadataReader();
                foreach (var document in metadata.Documents)
                    Assert.StartsWith("/_/", metadata.GetString(metadata.GetDocument(document).Name), StringComparison.Ordinal);
                seen++;
            }
        }

        Assert.True(seen > 20, $"only {seen} assemblies were found");
    }

    private static bool IsCompiledAhead(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using (var packed = entry.Open())
            packed.CopyTo(content);
        content.Position = 0;
        using var assembly = new PEReader(content);
        return assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }

    private static XElement Nuspec(ZipArchive package)
    {
        using var stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XElement.Load(stream);
    }

    private static string? Value(XElement nuspec, string name) => nuspec.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

    private IEnumerable<string> Files() => Directory.GetFiles(machine.Packages, "*.nupkg").Select(path => Path.GetFileName(path));

    private ZipArchive Open(string file) => ZipFile.OpenRead(Path.Combine(machine.Packages, file));
}
