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
        var page = File.ReadAllText(Path.Combine(DqTool.Repository, "tool", "DIAGNOSTICS.md"));
        Assert.Equal(codes.Order(), page.Split('\n').Where(line => line.StartsWith("| <a id=", StringComparison.Ordinal)).Select(line => line.Split("</a>")[1][..6]).Order());
    }

    [Fact]
    public void Every_command_and_option_is_on_the_tools_page()
    {
        var rows = ToolPage.Split('\n').Where(line => line.StartsWith("| `dq ", StringComparison.Ordinal)).ToArray();
        foreach (var (words, command) in DqTool.Commands())
        {
            var own = rows.Where(row => row.Contains($"`dq {words} ", StringComparison.Ordinal) || row.Contains($"`dq {words}`", StringComparison.Ordinal)).ToArray();
            Assert.True(own.Length > 0, $"dq {words} has no row");
            // What many commands share is told once, and in the help of each.
            foreach (var option in command.Options.Where(option => option.Name is not ("--help" or "--device" or "--set" or "--quiet")))
                Assert.True(own.Any(row => row.Contains(option.Name, StringComparison.Ordinal)), $"{option.Name} of dq {words} is in no row");
        }
    }

    [Fact]
    public async Task The_reference_is_what_the_tool_prints() =>
        Assert.Equal(File.ReadAllText(Path.Combine(DqTool.Repository, "tool", "REFERENCE.md")), (await DqTool.RunAsync("/", "schema", "--format", "markdown")).Expect(0).Output);

    [Theory]
    [InlineData("quickstart")]
    [InlineData("cifar10")]
    [InlineData("folded")]
    [InlineData("lipschitz")]
    [InlineData("paper")]
    [InlineData("paper/full")]
    [InlineData("paper/saturation")]
    [InlineData("paper/search")]
    [InlineData("masking")]
    public void Every_example_is_valid(string example) => Assert.NotEmpty(Example(example).Train);

    [Fact]
    public void The_papers_experiments_are_the_same_ones_at_both_scales()
    {
        var (small, full) = (Example("paper"), Example("paper/full"));
        // At the small scale there are fewer bits and β.
        Assert.Equal(full.Train.Values.Select(model => model.Group).Distinct(), small.Train.Values.Select(model => model.Group).Distinct());
        foreach (var (name, other) in small.Train)
        {
            var model = full.Train[name];
            Assert.Equal(Method(model), Method(other));
            Assert.Equal(model.Network.Split('-')[0] == "vgg", other.Network.Split('-')[0] == "vgg");
        }

        Assert.Equal(["again", "figure1", "figure5", "figure6", "integer", "strong", "table1", "table2", "table3", "table4", "table5", "table6", "verdict"], full.Evaluate.Keys.Order());
        foreach (var (name, evaluation) in full.Evaluate)
        {
            var other = small.Evaluate[name];
            Assert.Equal(evaluation.Models.Where(model => small.Train.ContainsKey(model) || small.Quantize.ContainsKey(model)), other.Models);
            Assert.Equal(evaluation.Epsilon, other.Epsilon);
            Assert.Equal(evaluation.AllAttacks().Select(attack => (attack.Kind, attack.From)), other.AllAttacks().Select(attack => (attack.Kind, attack.From)));
        }

        Assert.Equal(["amplification", "amplification-again", "figure3a", "figure3b"], full.Distance.Keys.Order());
        Assert.All(full.Distance, distance => Assert.Equal((distance.Value.At, distance.Value.Bits, distance.Value.Samples), (small.Distance[distance.Key].At, small.Distance[distance.Key].Bits, small.Distance[distance.Key].Samples)));
        Assert.All(full.Samples, samples => Assert.Equal((samples.Value.Epsilon, samples.Value.Count), (small.Samples[samples.Key].Epsilon, small.Samples[samples.Key].Count)));
        // Tables 2 and 3 are of DQ at 1 bit and β = 2e-3, the networks those of section 5.2.
        Assert.Equal((1, 2e-3, "wrn-28-10", 200), (full.Train["dq"].Activation.Bits, full.Train["dq"].Lipschitz.Beta, full.Train["dq"].Network, full.Train["dq"].Epochs));
        Assert.Equal(("wrn-16-4", 160, 0.01), (full.Train["svhn-dq"].Network, full.Train["svhn-dq"].Epochs, full.Train["svhn-dq"].Optimizer.LearningRate));

        // What makes an experiment, as against the scale at which it is run.
        static object Method(TrainDeclaration model) => (model.Dataset, model.Activation, model.Lipschitz, model.Residual, model.Squeeze, model.Adversarial, model.Seed, model.Optimizer.WeightDecay);
    }

    private static PipelineDeclaration Example(string name) => PipelineFile.Load(Path.Combine(DqTool.Repository, "examples", name, "dq.json"));

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
