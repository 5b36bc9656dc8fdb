using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Export;
using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using DQPipeline.Tests.Training;
using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Defenses;

/// <summary>Squeezing as a part of the network.</summary>
public sealed class SqueezedNetworkTests
{
    private static readonly SqueezeDeclaration Paper = new() { Bits = 5, Median = 2 };

    [Theory]
    [InlineData("vgg-s")]
    [InlineData("wrn-10-1")]
    public void A_squeezed_network_is_the_network_on_squeezed_images(string name)
    {
        using var scope = NewDisposeScope();
        using var plain = NetworkFactory.Create(Describe(name, new()), seed: 3);
        using var squeezed = NetworkFactory.Create(Describe(name, Paper), seed: 3);
        plain.eval();
        squeezed.eval();
        var images = rand(4, 3, 8, 8);
        var before = images.clone();
        Assert.Equal(Floats(plain.forward(new Squeezer(Paper).Apply(images))), Floats(squeezed.forward(images)));
        Assert.NotEqual(Floats(plain.forward(images)), Floats(squeezed.forward(images)));
        Assert.Equal(Floats(before), Floats(images));
    }

    [Fact]
    public void Attacks_see_through_the_squeezing()
    {
        using var network = NetworkFactory.Create(Describe("vgg-s", Paper), seed: 3);
        var pixels = Toys.Pixels(1, 4 * 192);
        var (images, stalled) = Harness.Run(Harness.Attack("fgsm"), network, pixels, [0, 1, 2, 0], 8);
        Assert.DoesNotContain(true, stalled);
        // Not every pixel is some window's median, but most are.
        Assert.True(images.Zip(pixels, (a, b) => a != b / 255f).Count(moved => moved) > 0.4 * pixels.Length);
    }

    [Fact]
    public void A_model_file_says_how_its_network_squeezes()
    {
        var folder = Directory.CreateTempSubdirectory("dq-squeeze-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.safetensors");
            using var network = NetworkFactory.Create(Describe("vgg-s", Paper), seed: 3);
            network.eval();
            ModelFile.Save(path, network, new TrainingProvenance("{}", "k", "d", 1, 1, 0.1, 0.5, "t", "t"));
            Assert.Equal(Paper, ModelFile.ReadDescription(path).Network.Squeeze);
            using var scope = NewDisposeScope();
            using var loaded = ModelFile.Load(path);
            var images = rand(2, 3, 8, 8);
            Assert.Equal(Floats(network.forward(images)), Floats(loaded.forward(images)));

            // A file from before squeezing existed.
            var file = SafetensorsFile.Read(path);
            var words = file.Metadata.Where(word => !word.Key.StartsWith("input.squeeze", StringComparison.Ordinal)).ToDictionary();
            Assert.Equal(file.Metadata.Count - 2, words.Count);
            new SafetensorsFile(words, file.Entries).Write(path);
            Assert.Equal(new SqueezeDeclaration(), ModelFile.ReadDescription(path).Network.Squeeze);

            words["input.squeeze.bits"] = "12";
            words["input.squeeze.median"] = "2";
            new SafetensorsFile(words, file.Entries).Write(path);
            Assert.Equal("DQ3005", Assert.Throws<DqException>(() => ModelFile.Load(path)).Diagnostics[0].Code);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_declared_squeezing_is_trained_and_is_in_the_trained_network()
    {
        var request = TrainingFixture.Request(epochs: 1);
        var squeezed = request with { Declaration = request.Declaration with { Squeeze = Paper } };
        using var result = Trainer.Train(squeezed);
        Assert.Equal(Paper, result.Network.Description.Squeeze);
        Assert.NotEqual(TrainingFixture.Run(request).Numbers, TrainingFixture.Numbers(result.Network));
    }

    private static NetworkDescription Describe(string name, SqueezeDeclaration squeeze) =>
        new(name, new ActivationDeclaration { Bits = 4 }, 3, 8, 8, ["a", "b", "c"]) { Squeeze = squeeze };

    private static float[] Floats(Tensor values) => values.detach().data<float>().ToArray();
}
