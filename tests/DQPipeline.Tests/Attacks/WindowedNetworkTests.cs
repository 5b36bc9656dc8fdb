using DQPipeline.Attacks.Windows;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using static TorchSharp.torch;
using Window = DQPipeline.Attacks.Scores.Window;

namespace DQPipeline.Tests.Attacks;

/// <summary>A network that remembers is held against itself without a memory.</summary>
public class WindowedNetworkTests
{
    private const int Images = 5;

    [Theory]
    [InlineData("vgg-s", "relu6", 32, "sum", 32, 32)]
    [InlineData("vgg-s", "relu6", 4, "sum", 20, 13)]
    [InlineData("vgg-s", "tanh", 32, "sum", 9, 9)]
    [InlineData("vgg-16", "relu1", 32, "sum", 16, 16)]
    [InlineData("resnet-18", "relu6", 32, "sum", 12, 12)]
    [InlineData("resnet-18", "relu6", 32, "convex", 15, 8)]
    [InlineData("wrn-16-1", "relu6", 32, "sum", 32, 32)]
    [InlineData("wrn-10-2", "relu6", 32, "convex", 17, 11)]
    [InlineData("conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "relu2", 32, "convex", 21, 18)]
    public void Whatever_changes_and_is_kept_the_logits_are_those_of_the_whole_image(string name, string activation, int bits, string residual, int height, int width)
    {
        using var network = Settled(name, activation, bits, residual, height, width);
        using var windowed = WindowedNetwork.TryCreate(network, Images);
        Assert.NotNull(windowed);
        var random = new Random(7);
        var size = 3 * height * width;
        var kept = new float[Images][];
        foreach (ref var image in kept.AsSpan())
            image = [.. Enumerable.Range(0, size).Select(_ => random.NextSingle())];
        int[] all = [.. Enumerable.Range(0, Images)];
        var (logits, others) = Hold(network, windowed, kept, all, [.. all.Select(_ => new Window(0, 0, height, width))]);
        windowed.Keep(all);
        for (var round = 0; round < 25; round++)
        {
            int[] images = [.. all.Where(_ => random.Next(3) > 0), 0];
            images = [.. images.Distinct().Order()];
            var (rows, columns) = round < 10 ? (1 + (round / 2), 1 + (round % 3)) : (random.Next(1, height + 1), random.Next(1, width + 1));
            // The corners first, where windows reach into the padding.
            var windows = images.Select(i => new Window(round % 4 < 2 ? random.Next(height - rows + 1) : (round % 2) * (height - rows), round % 4 < 2 ? random.Next(width - columns + 1) : (i % 2) * (width - columns), rows, columns)).ToArray();
            var versions = images.Select((image, i) => Changed(kept[image], windows[i], height, width, random)).ToArray();
            var (more, other) = Hold(network, windowed, versions, images, windows);
            (logits, others) = (logits + more, others + other);
            int[] taken = [.. Enumerable.Range(0, images.Length).Where(_ => random.Next(2) > 0)];
            windowed.Keep(taken);
            foreach (var i in taken)
                kept[images[i]] = versions[i];
        }

        // With levels a value half-way between two may fall to either side by its last bit, once in thousands; an image has thousands, and with one of them all its logits are others.
        Assert.InRange(others, 0, bits == 32 ? 0 : logits / 10);
    }

    [Fact]
    public void Networks_behind_a_filter_of_the_image_and_too_many_maps_are_left_whole()
    {
        using var squeezed = NetworkFactory.Create(new NetworkDescription("vgg-s", new ActivationDeclaration(), 3, 8, 8, ["a", "b"]) { Squeeze = new SqueezeDeclaration { Bits = 5 } }, seed: 1);
        Assert.Null(WindowedNetwork.TryCreate(squeezed, 1));
        using var plain = NetworkFactory.Create(new NetworkDescription("vgg-s", new ActivationDeclaration(), 3, 8, 8, ["a", "b"]), seed: 1);
        using var few = WindowedNetwork.TryCreate(plain, 1);
        Assert.NotNull(few);
        Assert.Null(WindowedNetwork.TryCreate(plain, 1_000_000));
    }

    private static (int Logits, int Other) Hold(Classifier network, WindowedNetwork windowed, float[][] versions, int[] images, Window[] windows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var shape = network.Description;
        float[] pixels = [.. versions.SelectMany(version => version)];
        var found = Predictor.ToArray<float>(windowed.Logits(pixels, images, windows));
        var truth = Predictor.ToArray<float>(network.forward(tensor(pixels, [images.Length, 3, shape.Height, shape.Width])));
        Assert.Equal(truth.Length, found.Length);
        return (truth.Length, truth.Zip(found).Count(pair => Math.Abs(pair.First - pair.Second) > 2e-4f));
    }

    private static float[] Changed(float[] image, Window window, int height, int width, Random random)
    {
        var changed = (float[])image.Clone();
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = window.Top; row < window.Top + window.Height; row++)
            {
                for (var column = window.Left; column < window.Left + window.Width; column++)
                    changed[(((channel * height) + row) * width) + column] = random.NextSingle();
            }
        }

        return changed;
    }

    /// <summary>A network whose batch norms have seen something, so that folding them matters.</summary>
    private static Classifier Settled(string name, string activation, int bits, string residual, int height, int width)
    {
        var description = new NetworkDescription(name, new ActivationDeclaration { Kind = activation, Bits = bits }, 3, height, width, ["a", "b", "c", "d"]) { Residual = residual };
        var network = NetworkFactory.Create(description, seed: 3);
        network.train();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        for (var i = 0; i < 20; i++)
            network.forward(rand(8, 3, height, width, generator: generator));
        network.eval();
        return network;
    }
}
