using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Networks;
using DQPipeline.Testing;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Export;

public sealed class ModelFileTests : IDisposable
{
    private static readonly TrainingProvenance Provenance = new("{\"network\":\"wrn-10-1\"}", "abc", "strèet \"1\"", 7, 3, 0.1 + 0.2, 0.75, "0.1.0", "2.10.0");
    private static readonly NetworkDescription Network = new("wrn-10-1", new ActivationDeclaration { Kind = "relu1", Bits = 3 }, 1, 8, 12, ["null", "één", "\"два\""]);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dq-model-");

    private string ModelPath => Path.Combine(folder.FullName, "model.safetensors");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_model_comes_back_with_its_description_and_gives_the_same_logits()
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Network, seed: 5);
        var images = rand(4, 1, 8, 12);
        network.train();
        network.forward(images);
        network.eval();
        ModelFile.Save(ModelPath, network, Provenance);

        var description = ModelFile.ReadDescription(ModelPath);
        Assert.Equal(Provenance, description.Training);
        Assert.Equal(Network with { Labels = description.Network.Labels }, description.Network);
        Assert.Equal(Network.Labels, description.Network.Labels);
        using var loaded = ModelFile.Load(ModelPath);
        Assert.False(loaded.training);
        Assert.Equal(network.forward(images).data<float>().ToArray(), loaded.forward(images).data<float>().ToArray());
    }

    [Theory]
    [InlineData("resnet-18", "relu6", "sum")]
    [InlineData("resnet-18", "tanh", "convex")]
    [InlineData("wrn-10-1", "relu1", "convex")]
    [InlineData("conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "relu0.75", "convex")]
    public void Networks_with_residual_sums_come_back_too(string name, string activation, string residual)
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Network with { Network = name, Activation = new ActivationDeclaration { Kind = activation, Bits = 2 }, Residual = residual }, seed: 5);
        foreach (var coefficients in network.ConvexCoefficients)
        {
            using var guard = no_grad();
            coefficients.copy_(tensor(new[] { 0.25f, 0.75f }));
        }

        var images = rand(4, 1, 8, 12);
        network.eval();
        ModelFile.Save(ModelPath, network, Provenance);
        using var loaded = ModelFile.Load(ModelPath);
        Assert.Equal((residual, activation), (loaded.Description.Residual, loaded.Description.Activation.Kind));
        Assert.All(loaded.ConvexCoefficients, coefficients => Assert.Equal([0.25f, 0.75f], coefficients.data<float>().ToArray()));
        Assert.Equal(network.forward(images).data<float>().ToArray(), loaded.forward(images).data<float>().ToArray());
    }

    [Fact]
    public void A_file_that_does_not_say_how_branches_are_joined_sums_them()
    {
        using var network = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, network, Provenance);
        var file = SafetensorsFile.Read(ModelPath);
        (file with { Metadata = file.Metadata.Where(pair => pair.Key != "residual").ToDictionary() }).Write(ModelPath);
        using var loaded = ModelFile.Load(ModelPath);
        Assert.Equal("sum", loaded.Description.Residual);
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes()
    {
        using var first = NetworkFactory.Create(Network, seed: 5);
        using var second = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, first, Provenance);
        var bytes = File.ReadAllBytes(ModelPath);
        ModelFile.Save(ModelPath, second, Provenance);
        Assert.Equal(bytes, File.ReadAllBytes(ModelPath));
        Assert.Equal([ModelPath], Directory.GetFiles(folder.FullName));
    }

    [Fact]
    public void Python_reads_the_same_numbers_with_nothing_but_its_standard_library()
    {
        const string script = """
            import json, struct, sys
            raw = open(sys.argv[1], 'rb').read()
            n, = struct.unpack('<Q', raw[:8])
            header = json.loads(raw[8:8 + n])
            assert (8 + n) % 8 == 0
            entry = header['conv.weight']
            begin, end = entry['data_offsets']
            values = struct.unpack('<%df' % ((end - begin) // 4), raw[8 + n + begin:8 + n + end])
            print(json.dumps({'dtype': entry['dtype'], 'shape': entry['shape'], 'values': values, 'labels': json.loads(header['__metadata__']['labels']), 'arrays': len(header) - 1}))
            """;
        var python = RealData.Command("python3");
        using var network = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, network, Provenance);
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", script, ModelPath]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        using var read = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();

        Assert.Equal("F32", read.RootElement.GetProperty("dtype").GetString());
        Assert.Equal([16L, 1, 3, 3], read.RootElement.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()));
        Assert.Equal(network.WeightLayers[0].Weight.data<float>().ToArray(), read.RootElement.GetProperty("values").EnumerateArray().Select(v => v.GetSingle()));
        Assert.Equal(Network.Labels, read.RootElement.GetProperty("labels").EnumerateArray().Select(v => v.GetString()!));
        Assert.Equal(network.state_dict().Count, read.RootElement.GetProperty("arrays").GetInt32());
    }

    [Fact]
    public void Every_truncation_and_every_flipped_bit_is_a_coded_error()
    {
        Small().Write(ModelPath);
        var whole = File.ReadAllBytes(ModelPath);
        for (var length = 0; length < whole.Length; length++)
            AssertUnusable(whole[..length]);
        for (var bit = 0; bit < 8 * whole.Length; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertUnusable(damaged);
        }

        AssertUnusable([.. whole, 0]);
    }

    [Fact]
    public void Damage_anywhere_in_a_model_is_a_coded_error_that_names_the_file()
    {
        using var network = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, network, Provenance);
        var whole = File.ReadAllBytes(ModelPath);
        (from at in Gen.Int[0, whole.Length - 1] from mask in Gen.Byte[1, 255] select (at, mask)).Sample(damage =>
        {
            var damaged = whole.ToArray();
            damaged[damage.at] ^= damage.mask;
            AssertUnusable(damaged);
        }, iter: 200, threads: 1);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")] // twice
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")] // overlap
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")] // gap at the start
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")] // gap at the end
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""")] // shape and place differ
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""")] // overflow
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""")]
    [InlineData("""{"a":{"dtype":"F7","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":[]}""")]
    [InlineData("""[]""")]
    [InlineData("""{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")] // right, but not ours: no checksum
    public void A_header_that_does_not_fit_its_file_is_a_coded_error(string header)
    {
        var text = Encoding.UTF8.GetBytes(header);
        AssertUnusable([.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[8]]);
    }

    [Fact]
    public void A_file_that_is_no_model_or_does_not_fit_its_network_is_a_coded_error()
    {
        Small().Write(ModelPath);
        AssertCoded(() => ModelFile.Load(ModelPath));
        using var network = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, network, Provenance);
        var file = SafetensorsFile.Read(ModelPath);
        (file with { Entries = [.. file.Entries.Skip(1)] }).Write(ModelPath);
        AssertCoded(() => ModelFile.Load(ModelPath));
        var grown = file.Entries[0] with { Name = "more" };
        (file with { Entries = [.. file.Entries, grown] }).Write(ModelPath);
        AssertCoded(() => ModelFile.Load(ModelPath));
        foreach (var (key, value) in new[] { ("network", "vgg-99"), ("residual", "convex"), ("residual", "product"), ("activation.bits", "x"), ("input.shape", "3,8"), ("labels", "[1"), ("version", "2"), ("input.mean", "0") })
        {
            (file with { Metadata = new Dictionary<string, string>(file.Metadata) { [key] = value } }).Write(ModelPath);
            AssertCoded(() => ModelFile.Load(ModelPath));
        }

        AssertCoded(() => ModelFile.ReadDescription(Path.Combine(folder.FullName, "absent.safetensors")));
    }

    [Theory]
    [InlineData("wrn-16-1")]
    [InlineData("vgg-s")]
    [InlineData("conv 256, conv 256, linear")]
    public void A_description_of_a_larger_network_than_the_file_holds_is_refused_as_that(string larger)
    {
        SaveWith("network", larger);
        var failure = Assert.Throws<DqException>(() => ModelFile.Load(ModelPath)).Diagnostics[0];
        Assert.Equal(DiagnosticCodes.ModelCorrupt, failure.Code);
        Assert.Contains("the network that it describes is larger than what it holds", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg-16", "sum")]
    [InlineData("resnet-18", "convex")]
    [InlineData("wrn-16-2", "sum")]
    [InlineData("wrn-10-1", "convex")]
    [InlineData("conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "convex")]
    public void A_network_is_built_within_the_very_numbers_that_it_has(string name, string residual)
    {
        var description = Network with { Network = name, Residual = residual };
        using var network = NetworkFactory.Create(description, seed: 5);
        var numbers = network.state_dict().Values.Sum(tensor => tensor.numel());
        NetworkFactory.Create(description, 5, null, numbers).Dispose();
        Assert.Throws<InvalidDataException>(() => NetworkFactory.Create(description, 5, null, numbers - 1));
    }

    [Theory]
    [InlineData("input.shape", "0,8,12")]
    [InlineData("input.shape", "17,8,12")]
    [InlineData("input.shape", "1,-8,-12")]
    [InlineData("input.shape", "1,16385,12")]
    [InlineData("input.shape", "1,8,16385")]
    [InlineData("input.shape", "16,16384,16384")] // more numbers than an array holds
    [InlineData("labels", "null")]
    [InlineData("labels", "[\"a\",null,\"b\"]")]
    [InlineData("labels", "[\"a\",\"b\",\"a\"]")]
    public void Images_and_labels_that_cannot_be_are_refused_with_the_description(string key, string value)
    {
        SaveWith(key, value);
        AssertCoded(() => ModelFile.ReadDescription(ModelPath));
        AssertCoded(() => ModelFile.Load(ModelPath));
    }

    [Fact]
    public void The_largest_images_that_can_be_are_described()
    {
        SaveWith("input.shape", "3,16384,16384");
        var network = ModelFile.ReadDescription(ModelPath).Network;
        Assert.Equal((3, 16384, 16384), (network.Channels, network.Height, network.Width));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_a_coded_error_and_leaves_nothing()
    {
        using var network = NetworkFactory.Create(Network, seed: 5);
        Directory.CreateDirectory(ModelPath);
        var failure = Assert.Throws<DqException>(() => ModelFile.Save(ModelPath, network, Provenance));
        Assert.Equal(DiagnosticCodes.CannotWrite, failure.Diagnostics[0].Code);
        Assert.Empty(Directory.GetFiles(folder.FullName));
    }

    /// <summary>A sound model in which one word of the description is another.</summary>
    private void SaveWith(string key, string value)
    {
        using var network = NetworkFactory.Create(Network, seed: 5);
        ModelFile.Save(ModelPath, network, Provenance);
        var file = SafetensorsFile.Read(ModelPath);
        (file with { Metadata = new Dictionary<string, string>(file.Metadata) { [key] = value } }).Write(ModelPath);
    }

    private static SafetensorsFile Small() => new(
        new Dictionary<string, string> { ["k"] = "v" },
        [new("a", "F32", [1], new byte[] { 1, 2, 3, 4 }), new("b", "U8", [2], new byte[] { 5, 6 }), new("c", "I64", [], new byte[8])]);

    private void AssertUnusable(byte[] bytes)
    {
        File.WriteAllBytes(ModelPath, bytes);
        AssertCoded(() => SafetensorsFile.Read(ModelPath));
    }

    private void AssertCoded(Func<object> action)
    {
        var failure = Assert.Throws<DqException>(action);
        Assert.Equal(DiagnosticCodes.ModelCorrupt, failure.Diagnostics[0].Code);
        Assert.Contains(folder.FullName, failure.Diagnostics[0].Message, StringComparison.Ordinal);
    }
}
