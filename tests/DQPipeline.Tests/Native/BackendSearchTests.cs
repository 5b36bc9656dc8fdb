using DQPipeline.Declarations;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

public class BackendSearchTests
{
    private const string Torch = $"/home/u/.nuget/packages/libtorch-cpu-linux-x64/{NativeBackend.LibTorchVersion}/runtimes/linux-x64/native";
    private const string Sharp = $"/home/u/.nuget/packages/torchsharp/{NativeBackend.TorchSharpVersion}/runtimes/linux-x64/native/libLibTorchSharp.so";

    [Fact]
    public void The_packages_folder_serves_an_app_that_copied_nothing()
    {
        var found = BackendSearch.Find(Machine("linux-x64", $"{Torch}/libtorch_cpu.so", Sharp));
        Assert.Equal(new BackendLocation(Torch, Sharp, HasCuda: false), found);
    }

    [Fact]
    public void NUGET_PACKAGES_moves_the_packages_folder()
    {
        var machine = Machine("linux-x64", [.. new[] { $"{Torch}/libtorch_cpu.so", Sharp }.Select(f => f.Replace("/home/u/.nuget/packages", "/cache", StringComparison.Ordinal))]);
        Assert.StartsWith("/cache/", BackendSearch.Find(machine with { NuGetPackages = "/cache" }).LibTorchFolder, StringComparison.Ordinal);
        Assert.Throws<DqException>(() => BackendSearch.Find(machine));
    }

    [Theory]
    [InlineData("/app")]
    [InlineData("/app/runtimes/linux-x64/native")]
    public void The_apps_own_folder_comes_before_all(string own)
    {
        var machine = Machine("linux-x64", $"{own}/libtorch_cpu.so", $"{own}/libLibTorchSharp.so", "/opt/torch/libtorch_cpu.so", $"{Torch}/libtorch_cpu.so", Sharp);
        Assert.Equal(new BackendLocation(own, $"{own}/libLibTorchSharp.so", HasCuda: false), BackendSearch.Find(machine with { LibTorch = "/opt/torch" }));
    }

    [Theory]
    [InlineData("/opt/torch/lib")]
    [InlineData("/opt/torch")]
    public void DQ_LIBTORCH_comes_before_the_packages_and_may_bring_CUDA(string value)
    {
        var machine = Machine("linux-x64", "/opt/torch/lib/libtorch_cpu.so", "/opt/torch/lib/libtorch_cuda.so", $"{Torch}/libtorch_cpu.so", Sharp);
        Assert.Equal(new BackendLocation("/opt/torch/lib", Sharp, HasCuda: true), BackendSearch.Find(machine with { LibTorch = value }));
    }

    [Fact]
    public void DQ_LIBTORCH_without_libtorch_is_an_error_even_where_another_would_do()
    {
        var machine = Machine("linux-x64", $"{Torch}/libtorch_cpu.so", Sharp) with { LibTorch = "/opt/nothing" };
        AssertMissing(machine, "/opt/nothing");
    }

    [Fact]
    public void Nothing_anywhere_is_an_error_that_says_where_was_looked_and_what_to_do()
    {
        AssertMissing(Machine("linux-x64"), "/app", Torch, "libtorch-cpu-linux-x64", BackendSearch.Variable);
        AssertMissing(Machine("linux-x64", $"{Torch}/libtorch_cpu.so"), "LibTorchSharp", Path.GetDirectoryName(Sharp)!);
        AssertMissing(Machine("linux-x64") with { UserProfile = "" }, "/app");
    }

    [Fact]
    public void What_is_nowhere_is_what_has_to_be_restored()
    {
        var (torch, sharp) = (new BackendPackage("libtorch-cpu-linux-x64", NativeBackend.LibTorchVersion), new BackendPackage("TorchSharp", NativeBackend.TorchSharpVersion));
        Assert.Equal([torch, sharp], BackendSearch.MissingPackages(Machine("linux-x64")));
        Assert.Equal([torch], BackendSearch.MissingPackages(Machine("linux-x64", "/app/runtimes/linux-x64/native/libLibTorchSharp.so")));
        Assert.Equal([sharp], BackendSearch.MissingPackages(Machine("linux-x64", "/app/libtorch_cpu.so")));
        Assert.Empty(BackendSearch.MissingPackages(Machine("linux-x64", $"{Torch}/libtorch_cpu.so", Sharp)));
        Assert.Empty(BackendSearch.MissingPackages(Machine("linux-x64") with { LibTorch = "/opt/nothing" }));
    }

    [Fact]
    public void The_project_that_restores_names_exact_versions_and_takes_nothing_from_a_repository_around_it()
    {
        var project = System.Xml.Linq.XElement.Parse(BackendRestore.Project([new("a", "1.2.3"), new("b", "4.5.6")]));
        Assert.Equal([("a", "[1.2.3]"), ("b", "[4.5.6]")], project.Descendants("PackageDownload").Select(package => (package.Attribute("Include")!.Value, package.Attribute("Version")!.Value)));
        var settings = project.Elements().First();
        Assert.All(["ImportDirectoryBuildProps", "ImportDirectoryBuildTargets", "ImportDirectoryPackagesProps"], name => Assert.Equal("false", settings.Element(name)!.Value));
        Assert.Equal("Sdk.props", project.Elements().ElementAt(1).Attribute("Project")!.Value);
    }

    [Theory]
    [InlineData("win-x64", "torch_cpu.dll", "LibTorchSharp.dll")]
    [InlineData("osx-arm64", "libtorch_cpu.dylib", "libLibTorchSharp.dylib")]
    public void Windows_and_macOS_have_their_own_names(string rid, string torch, string sharp)
    {
        var found = BackendSearch.Find(Machine(
            rid,
            $"/home/u/.nuget/packages/libtorch-cpu-{rid}/{NativeBackend.LibTorchVersion}/runtimes/{rid}/native/{torch}",
            $"/home/u/.nuget/packages/torchsharp/{NativeBackend.TorchSharpVersion}/runtimes/{rid}/native/{sharp}"));
        Assert.Contains($"libtorch-cpu-{rid}", found.LibTorchFolder, StringComparison.Ordinal);
        Assert.EndsWith(sharp, found.LibTorchSharp, StringComparison.Ordinal);
    }

    private static void AssertMissing(BackendEnvironment machine, params string[] named)
    {
        var failure = Assert.Throws<DqException>(() => BackendSearch.Find(machine));
        Assert.Equal(DiagnosticCodes.BackendMissing, failure.Diagnostics[0].Code);
        Assert.All(named, part => Assert.Contains(part, failure.Diagnostics[0].Message, StringComparison.Ordinal));
    }

    private static BackendEnvironment Machine(string rid, params string[] files) =>
        new(rid, "/app", LibTorch: null, NuGetPackages: null, "/home/u", file => files.Contains(file.Replace('\\', '/')));
}
