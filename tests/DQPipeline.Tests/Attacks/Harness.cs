using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>Runs attacks on arrays, so that tests compare arrays.</summary>
internal static class Harness
{
    public static Attack Attack(string kind, int steps = 0, double alpha = 1, string start = "uniform", int restarts = 1, int average = 1) =>
        AttackFactory.Create(new AttackDeclaration { Kind = kind, Steps = steps, Alpha = alpha, Start = start, Restarts = restarts, Queries = 20, Average = average });

    /// <summary>The adversarial images as floats, and which of them stalled.</summary>
    public static (float[] Images, bool[] Stalled) Run(
        Attack attack, Classifier network, byte[] pixels, int[] classes, double epsilon, int seed = 1, int restart = 0, int[]? samples = null)
    {
        using var scope = NewDisposeScope();
        using var run = attack.Run(network, Batch(network, pixels, classes, samples), epsilon, seed, restart);
        return (run.Images.data<float>().ToArray(), [.. run.Stalled]);
    }

    public static AttackBatch Batch(Classifier network, byte[] pixels, int[] classes, int[]? samples = null)
    {
        var shape = network.Description;
        return new AttackBatch(
            tensor(pixels, [classes.Length, shape.Channels, shape.Height, shape.Width], ScalarType.Byte).to(ScalarType.Float32).div_(255),
            tensor(Array.ConvertAll(classes, k => (long)k)),
            samples ?? [.. Enumerable.Range(0, classes.Length)]);
    }

    /// <summary>The noise that sample numbers get, as arrays: uniform, or signs.</summary>
    public static float[] NoiseOf(bool uniform, int seed, int restart, int[] samples, int size)
    {
        using var scope = NewDisposeScope();
        var like = zeros(samples.Length, 1, 1, size);
        var noise = new Noise(seed, restart, samples);
        return (uniform ? noise.Uniform(like) : noise.Signs(like)).data<float>().ToArray();
    }
}
