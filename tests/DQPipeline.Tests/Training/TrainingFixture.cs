using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Training;

namespace DQPipeline.Tests.Training;

/// <summary>A training of a few seconds: 8×8 images whose class is the place of a bright stripe.</summary>
internal static class TrainingFixture
{
    public const int Images = 90;
    public const int Batch = 20;
    public const int StepsPerEpoch = 5;

    public static ImageDataset Stripes()
    {
        var random = new Random(4);
        var (pixels, classes) = (new byte[Images * 192], new int[Images]);
        random.NextBytes(pixels);
        for (var i = 0; i < Images; i++)
        {
            classes[i] = i % 3;
            for (var channel = 0; channel < 3; channel++)
                pixels.AsSpan(i * 192 + channel * 64 + 8 * (1 + 2 * classes[i]), 16).Fill(255);
        }

        return new ImageDataset(["top", "middle", "bottom"], 3, 8, 8, MayFlip: true, new ImageSplit(pixels, classes), new ImageSplit(pixels, classes));
    }

    public static TrainingRequest Request(int epochs = 3) => new(
        new TrainDeclaration
        {
            Name = "dq",
            Epochs = epochs,
            Batch = Batch,
            Seed = 11,
            Activation = new ActivationDeclaration { Bits = 4 },
            Lipschitz = new LipschitzDeclaration { Beta = 1e-3 },
            Optimizer = new OptimizerDeclaration { LearningRate = 0.05, WeightDecay = 1e-4 },
            Augment = new AugmentDeclaration { Crop = 1, Flip = true },
        },
        Stripes())
    {
        Key = "key",
    };

    /// <summary>Every number of a network.</summary>
    public static float[] Numbers(Classifier network) =>
        [.. network.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.data<float>().ToArray())];

    /// <summary>Runs to the end and gives all that the training came to.</summary>
    public static (float[] Numbers, double Loss, double Accuracy, double Penalty, long ResumedFrom) Run(TrainingRequest request)
    {
        using var result = Trainer.Train(request);
        return (Numbers(result.Network), result.Loss, result.Accuracy, result.Penalty, result.ResumedFrom);
    }
}

/// <summary>Hears on the thread that reports.</summary>
internal sealed class Listener(Action<TrainingProgress> hear) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => hear(value);
}

/// <summary>A clock that only moves when it is looked at, by the same span every time.</summary>
internal sealed class SteadyClock(TimeSpan tick) : TimeProvider
{
    private long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now += tick.Ticks;
}
