using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Evaluation;

/// <summary>A small vgg-s that has learnt, in seconds, to tell four textures of 16×16 grey pixels apart, wherever they begin.</summary>
internal static class TrainedNetwork
{
    private const int Side = 16;
    private const int Kinds = 4;

    /// <param name="activation">Its activation; four bits if nothing is said.</param>
    /// <param name="steps">40 steps leave it in doubt over many an image, which attacks want; after 120 it is sure of nearly all.</param>
    public static Classifier Create(ActivationDeclaration? activation = null, int steps = 40)
    {
        var network = NetworkFactory.Create(Toys.Describe(1, Side, Side, Kinds) with { Network = "vgg-s", Activation = activation ?? new ActivationDeclaration { Bits = 4 } }, 1);
        network.train();
        using var optimizer = optim.SGD(network.parameters(), 0.05, momentum: 0.9);
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var split = Images(64, seed: 1000 + step);
            var data = Harness.Batch(network, split.Pixels, split.Classes);
            optimizer.zero_grad();
            nn.functional.cross_entropy(network.forward(data.Images), data.Classes).backward();
            optimizer.step();
        }

        return network;
    }

    public static ImageSplit Images(int count, int seed)
    {
        // The textures are the same for every split; where they begin and the noise on them are not.
        var textures = Enumerable.Range(0, Kinds).Select(kind => Drawn(new Random(kind))).ToArray();
        var random = new Random(seed);
        var classes = new int[count];
        var pixels = new byte[count * Side * Side];
        for (var n = 0; n < count; n++)
        {
            classes[n] = n % Kinds;
            var (down, right) = (random.Next(Side), random.Next(Side));
            for (var i = 0; i < Side * Side; i++)
            {
                var from = ((i / Side) + down) % Side * Side + (i + right) % Side;
                pixels[(n * Side * Side) + i] = (byte)Math.Clamp(128 + (60 * textures[classes[n]][from]) + (16 * Toys.Gaussian(random)), 0, 255);
            }
        }

        return new ImageSplit(pixels, classes);
    }

    /// <summary>Gaussian noise smoothed over 3×3 pixels, around the edges as well.</summary>
    private static double[] Drawn(Random random)
    {
        var rough = Enumerable.Range(0, Side * Side).Select(_ => Toys.Gaussian(random)).ToArray();
        double At(int row, int column) => rough[((row + Side) % Side * Side) + ((column + Side) % Side)];
        return
        [
            .. Enumerable.Range(0, Side * Side).Select(i => Enumerable.Range(0, 9).Sum(j => At((i / Side) + (j / 3) - 1, (i % Side) + (j % 3) - 1)) / 9),
        ];
    }
}
