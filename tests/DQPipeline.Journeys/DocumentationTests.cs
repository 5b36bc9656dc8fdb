using System.Reflection;
using DQPipeline.Declarations;

namespace DQPipeline.Journeys;

/// <summary>What is written down is what there is.</summary>
public class DocumentationTests
{
    private static readonly string ToolPage = File.ReadAllText(Path.Combine(DqTool.Repository, "tool", "README.md"));

    [Fact]
    public void Every_diagnostic_code_has_a_line_with_its_mend()
    {
        var codes = typeof(DiagnosticCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(code => (string)code.GetValue(null)!).ToList();
        Assert.Equal(codes.Distinct(), codes);
        Assert.Equal(codes.Order(), ToolPage.Split('\n').Where(line => line.StartsWith("| DQ", StringComparison.Ordinal)).Select(line => line[2..8]).Order());
    }

    [Fact]
    public void Every_command_and_option_is_on_the_tools_page()
    {
        foreach (var command in Tool.Commands.DqCommand.Root().Subcommands)
        {
            Assert.Contains($"dq {command.Name}", ToolPage, StringComparison.Ordinal);
            foreach (var option in command.Options.Where(option => option.Name is not ("--help" or "--device" or "--set" or "--quiet")))
                Assert.Contains(option.Name, ToolPage, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("quickstart")]
    [InlineData("cifar10")]
    public void Every_example_is_valid(string example) =>
        Assert.NotEmpty(PipelineFile.Load(Path.Combine(DqTool.Repository, "examples", example, "dq.json")).Train);

    [Fact]
    public void Every_package_of_the_product_is_in_the_readmes_table()
    {
        var readme = File.ReadAllText(Path.Combine(DqTool.Repository, "README.md"));
        var packages = System.Xml.Linq.XDocument.Load(Path.Combine(DqTool.Repository, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value.Replace("libtorch-cpu-linux-x64", "libtorch-cpu-*", StringComparison.Ordinal));
        foreach (var package in packages.Where(package => package is not ("TorchSharp-cuda-linux" or "libtorch-cpu-win-x64" or "libtorch-cpu-osx-arm64" or "SkiaSharp.NativeAssets.Linux.NoDependencies")))
            Assert.Contains($"| {package} |", readme, StringComparison.Ordinal);
    }
}
