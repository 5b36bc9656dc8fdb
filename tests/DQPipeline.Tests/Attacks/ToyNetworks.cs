using DQPipeline.Declarations;
using DQPipeline.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>logits = W·x + b, with W and b known as doubles, so that a test can compute by hand what torch should.</summary>
internal sealed class LinearNetwork : Classifier
{
    public LinearNetwork(double[,] weight, double[] bias, int channels, int height, int width)
        : base(Toys.Describe(channels, height, width, bias.Length))
    {
        Weight = weight;
        Bias = bias;
        Layer = nn.Linear(weight.GetLength(1), bias.Length);
        using (no_grad())
        {
            Layer.weight.copy_(tensor(weight.Cast<double>().ToArray(), [bias.Length, weight.GetLength(1)], ScalarType.Float32));
            Layer.bias!.copy_(tensor(bias, ScalarType.Float32));
        }

        RegisterComponents();
    }

    public double[,] Weight { get; }

    public double[] Bias { get; }

    public Linear Layer { get; }

    public override Tensor forward(Tensor input) => Layer.forward(input.flatten(1));
}

/// <summary>A small convolutional network with all that a mode switches: batch norm and dropout. Calls back at every pass.</summary>
internal sealed class ConvNetwork : Classifier
{
    public ConvNetwork(int channels, int height, int width, int classes)
        : base(Toys.Describe(channels, height, width, classes))
    {
        Body = nn.Sequential(
            ("conv", nn.Conv2d(channels, 8, 3, padding: 1)), ("norm", nn.BatchNorm2d(8)), ("relu", nn.ReLU6()), ("drop", nn.Dropout(0.5)),
            ("pool", nn.AdaptiveAvgPool2d(2)), ("flat", nn.Flatten()), ("linear", nn.Linear(32, classes)));
        RegisterComponents();
    }

    public Sequential Body { get; }

    public Action? OnForward { get; set; }

    public override Tensor forward(Tensor input)
    {
        OnForward?.Invoke();
        return Body.forward((input - 0.5) * 4);
    }
}

internal static class Toys
{
    public static NetworkDescription Describe(int channels, int height, int width, int classes) =>
        new("toy", new ActivationDeclaration(), channels, height, width, [.. Enumerable.Range(0, classes).Select(k => $"class {k}")]);

    /// <summary>A linear network with weights drawn from N(0, scale²).</summary>
    public static LinearNetwork Linear(int seed, int classes = 4, int channels = 2, int height = 3, int width = 3, double scale = 1)
    {
        var random = new Random(seed);
        var weight = new double[classes, channels * height * width];
        for (var k = 0; k < classes; k++)
            for (var i = 0; i < weight.GetLength(1); i++)
                weight[k, i] = (float)(scale * Gaussian(random));
        return new LinearNetwork(weight, [.. Enumerable.Range(0, classes).Select(_ => (double)(float)Gaussian(random))], channels, height, width);
    }

    /// <summary>Random bytes with some exact blacks and whites, where clipping to [0,1] bites.</summary>
    public static byte[] Pixels(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(8) switch { 0 => (byte)0, 1 => (byte)255, _ => (byte)random.Next(256) })];
    }

    public static int[] Classes(int seed, int count, int classes)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(classes))];
    }

    public static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
