using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

/// <summary>A network of torch's own modules, written as PyTorch would write it, against ours that starts from the file.</summary>
public sealed class InitialWeightsTests : IDisposable
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["conv1"] = "features.0",
        ["norm1"] = "features.1",
        ["conv2"] = "features.3",
        ["norm2"] = "features.4",
        ["linear"] = "classifier",
    };

    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        File.Delete(path);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.Float64, 1e-5)]
    [InlineData(ScalarType.Float16, 1e-2)]
    [InlineData(ScalarType.BFloat16, 5e-2)]
    public void The_network_computes_what_the_one_of_the_file_does(ScalarType type, double tolerance)
    {
        // Kernels of one pixel have no border, where padding differs.
        var theirs = Theirs(kernel: 1);
        Write(theirs.state_dict(), type);
        double[] mean = [0.4914, 0.4822, 0.4465], std = [0.25, 0.2, 0.3];
        using var ours = Ours("conv 6 1x1, conv 5 3x3, linear");
        InitialWeights.Fill(ours, new() { Path = path, Names = Names, Mean = mean, Std = std }, Fail);
        var images = rand(4, 3, 8, 8);
        var normalized = (images - tensor(mean).reshape(1, 3, 1, 1)) / tensor(std).reshape(1, 3, 1, 1);
        Same(theirs.forward(normalized.to(ScalarType.Float32)), ours, images, tolerance);
    }

    [Fact]
    public void What_the_network_centres_as_the_file_s_did_is_the_same_up_to_its_border()
    {
        var theirs = Theirs(kernel: 3);
        Write(theirs.state_dict(), ScalarType.Float32);
        using var ours = Ours("conv 6, conv 5, linear");
        InitialWeights.Fill(ours, new() { Path = path, Names = Names }, Fail);
        var images = rand(4, 3, 8, 8);
        Same(theirs.forward((images - NetworkDescription.InputMean) * NetworkDescription.InputScale), ours, images, 1e-5);
    }

    [Fact]
    public void A_layer_with_an_empty_name_is_drawn_and_what_nothing_takes_is_told()
    {
        Write(Theirs(kernel: 3).state_dict(), ScalarType.Float32);
        using var drawn = Ours("conv 6, conv 5, linear");
        using var ours = Ours("conv 6, conv 5, linear");
        var warnings = new List<Diagnostic>();
        InitialWeights.Fill(ours, new() { Path = path, Names = new Dictionary<string, string>(Names) { ["linear"] = "" } }, warnings.Add);
        Assert.Equal(drawn.WeightLayers[^1].Weight.data<float>().ToArray(), ours.WeightLayers[^1].Weight.data<float>().ToArray());
        Assert.NotEqual(drawn.WeightLayers[0].Weight.data<float>().ToArray(), ours.WeightLayers[0].Weight.data<float>().ToArray());
        var warning = Assert.Single(warnings);
        Assert.Equal((DiagnosticCodes.WeightsUnused, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains("nothing takes 2 of its arrays, the first of them 'classifier.bias'", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conv1.weight", "features.0.weight")]
    [InlineData("block1.conv1.weight", "layer1.0.conv1.weight")]
    [InlineData("block1.norm1.running_mean", "layer1.0.bn1.running_mean")]
    [InlineData("block10.norm1.bias", "block10.norm1.bias")]
    [InlineData("linear.bias", "offset")]
    public void The_longest_name_that_fits_goes_before_others(string name, string expected) => Assert.Equal(expected, InitialWeights.Source(
        name, new Dictionary<string, string> { ["conv1"] = "features.0", ["block1"] = "layer1.0", ["block1.norm1"] = "layer1.0.bn1", ["linear"] = "fc", ["linear.bias"] = "offset" }));

    [Theory]
    [InlineData("conv 6, conv 5, linear", false, "it has no 'conv1.weight' for 'conv1.weight'; its arrays are")]
    [InlineData("conv 7, conv 5, linear", true, "its 'features.0.weight' is [6, 3, 3, 3] where 'conv1.weight' is [7, 3, 3, 3]")]
    [InlineData("conv 6, conv 5, conv 5, linear", true, "it has no 'conv3.weight'")]
    public void A_file_that_does_not_fit_is_a_coded_error(string layers, bool named, string expected)
    {
        Write(Theirs(kernel: 3).state_dict(), ScalarType.Float32);
        using var ours = Ours(layers);
        Assert.Contains(expected, Complaint(ours, new() { Path = path, Names = named ? Names : new Dictionary<string, string>() }), StringComparison.Ordinal);
    }

    [Fact]
    public void Means_for_other_channels_absent_files_and_numbers_that_are_none_are_coded_errors()
    {
        var state = Theirs(kernel: 3).state_dict();
        using var ours = Ours("conv 6, conv 5, linear");
        Assert.Contains("cannot be read", Complaint(ours, new() { Path = path }), StringComparison.Ordinal);
        Write(state, ScalarType.Float32);
        Assert.Contains("images have 3 channels", Complaint(ours, new() { Path = path, Names = Names, Mean = [0.5], Std = [0.5] }), StringComparison.Ordinal);
        using (no_grad())
            state["classifier.bias"][0] = float.NaN;
        Write(state, ScalarType.Float32);
        Assert.Contains("its 'classifier.bias' holds numbers that are not finite", Complaint(ours, new() { Path = path, Names = Names }), StringComparison.Ordinal);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Assert.Contains("cannot be started from", Complaint(ours, new() { Path = path, Names = Names }), StringComparison.Ordinal);
    }

    private static string Complaint(Classifier network, WeightsDeclaration weights)
    {
        var failure = Assert.Throws<DqException>(() => InitialWeights.Fill(network, weights, null));
        Assert.Equal(DiagnosticCodes.Weights, failure.Diagnostics[0].Code);
        return failure.Message;
    }

    private static void Fail(Diagnostic warning) => Assert.Fail(warning.Message);

    private static Classifier Ours(string layers) =>
        NetworkFactory.Create(new NetworkDescription(layers, new ActivationDeclaration(), 3, 8, 8, ["a", "b", "c", "d"]), seed: 1);

    private static void Same(Tensor expected, Classifier ours, Tensor images, double tolerance)
    {
        ours.eval();
        var found = ours.forward(images);
        Assert.True(found.allclose(expected, rtol: tolerance, atol: tolerance * expected.abs().max().item<float>()), $"{expected.str()} {found.str()}");
    }

    /// <summary>Convolutions with biases, batch norms that have seen images, ReLU6 and a linear layer over the mean of the map.</summary>
    private static nn.Module<Tensor, Tensor> Theirs(int kernel)
    {
        random.manual_seed(4);
        var network = new Sequential(
            nn.Sequential(
                ("0", nn.Conv2d(3, 6, kernel, padding: kernel / 2)), ("1", nn.BatchNorm2d(6)), ("2", nn.ReLU6()),
                ("3", nn.Conv2d(6, 5, 3, padding: 1)), ("4", nn.BatchNorm2d(5)), ("5", nn.ReLU6())),
            nn.Linear(5, 4));
        for (var i = 0; i < 5; i++)
            network.forward(randn(16, 3, 8, 8) * 2 + 0.5);
        network.eval();
        return network;
    }

    private void Write(IReadOnlyDictionary<string, Tensor> state, ScalarType type)
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" } };
        using var data = new MemoryStream();
        foreach (var (name, tensor) in state)
        {
            var values = tensor.dtype == ScalarType.Int64 ? tensor : tensor.detach().to(type);
            var word = values.dtype switch { ScalarType.Int64 => "I64", ScalarType.Float64 => "F64", ScalarType.Float16 => "F16", ScalarType.BFloat16 => "BF16", _ => "F32" };
            var begin = data.Length;
            data.Write(values.contiguous().bytes);
            header.Add(name, new { dtype = word, shape = values.shape, data_offsets = new[] { begin, data.Length } });
        }

        // As PyTorch's writer has it, spaces fill the header to a multiple of eight.
        var json = JsonSerializer.Serialize(header);
        json = json.PadRight((json.Length + 7) / 8 * 8);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(path, [.. length, .. Encoding.ASCII.GetBytes(json), .. data.ToArray()]);
    }

    private sealed class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> features;
        private readonly nn.Module<Tensor, Tensor> classifier;

        public Sequential(nn.Module<Tensor, Tensor> features, nn.Module<Tensor, Tensor> classifier) : base(nameof(Sequential))
        {
            (this.features, this.classifier) = (features, classifier);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => classifier.forward(features.forward(input).mean([2, 3]));
    }
}
