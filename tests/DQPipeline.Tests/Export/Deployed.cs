using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Onnx.Inference;
using DQPipeline.Tests.Attacks;
using DQPipeline.Tests.Evaluation;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Export;

/// <summary>Networks to deploy, and what they say in both worlds.</summary>
internal static class Deployed
{
    /// <summary>An untrained network whose batch norms are all different and have seen some images.</summary>
    public static Classifier Network(string name, string residual, ActivationDeclaration activation, SqueezeDeclaration squeeze)
    {
        var description = Toys.Describe(3, 16, 16, 7) with { Network = name, Activation = activation, Residual = residual, Squeeze = squeeze };
        var network = NetworkFactory.Create(description, 5);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        foreach (var norm in network.modules().OfType<BatchNormalization>())
        {
            norm.Weight.copy_(rand(norm.Weight.shape, generator: generator).add(0.5));
            norm.Bias.copy_(rand(norm.Bias.shape, generator: generator).mul(2));
        }

        foreach (var coefficients in network.ConvexCoefficients)
            coefficients.copy_(tensor((float[])[0.3f, 0.7f]));
        network.train();
        for (var i = 0; i < 20; i++)
            network.forward(rand([16, 3, 16, 16], generator: generator)).Dispose();
        network.eval();
        return network;
    }

    /// <summary>
    /// A network that tells textures apart, with an activation of choice. It is trained until it is sure: labels of a network in doubt would say more of the last bits of its training,
    /// which differ between machines, than of its arithmetic.
    /// </summary>
    public static Classifier Trained(ActivationDeclaration activation)
    {
        var network = TrainedNetwork.Create(activation, steps: 120);
        network.eval();
        return network;
    }

    public static Dictionary<string, string> Words(Classifier network) => new() { ["labels"] = System.Text.Json.JsonSerializer.Serialize(network.Description.Labels) };

    /// <summary>Bytes of noise over 255.</summary>
    public static float[] Noise(Classifier network, int images)
    {
        var random = new Random(images);
        var shape = network.Description;
        return [.. Enumerable.Range(0, images * shape.Channels * shape.Height * shape.Width).Select(_ => random.Next(256) / 255f)];
    }

    public static float[] Textures(int images) => Array.ConvertAll(TrainedNetwork.Images(images, seed: 77).Pixels, pixel => pixel / 255f);

    public static (float[] Expected, float[] Found) Logits(Classifier network, DeployedModel deployed, int images) => Both(network, deployed, Noise(network, images));

    public static (float[] Expected, float[] Found) TextureLogits(Classifier network, DeployedModel deployed, int images) => Both(network, deployed, Textures(images));

    public static float[] Run(DeployedModel deployed, float[] images)
    {
        var logits = new float[images.Length / deployed.Info.ImageSize * deployed.Info.Labels.Count];
        deployed.Run(images, logits);
        return logits;
    }

    public static int[] Labels(float[] logits, int classes = 7) => [.. logits.Chunk(classes).Select(row => Array.IndexOf(row, row.Max()))];

    public static double Agreement(float[] expected, float[] found)
    {
        const int kinds = 4;
        var same = Labels(expected, kinds).Zip(Labels(found, kinds), (a, b) => a == b).ToArray();
        return same.Count(one => one) / (double)same.Length;
    }

    private static (float[] Expected, float[] Found) Both(Classifier network, DeployedModel deployed, float[] images)
    {
        using var guard = no_grad();
        var shape = network.Description;
        var logits = network.forward(tensor(images).reshape(-1, shape.Channels, shape.Height, shape.Width));
        return (logits.data<float>().ToArray(), Run(deployed, images));
    }
}
