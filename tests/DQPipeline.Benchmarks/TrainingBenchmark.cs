using System.Diagnostics;
using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Training;
using TorchSharp;

namespace DQPipeline.Benchmarks;

/// <summary>One way to train vgg-s on 32×32 images in batches of 128, with a random crop and flip for each image.</summary>
internal interface IContender : IDisposable
{
    string Name { get; }

    /// <summary>Trains a number of steps and gives the images a second.</summary>
    double Train(int steps);
}

/// <summary>
/// Images a second of training, contenders by turns in one run, so that whatever else the machine does meets all alike. Speeds are medians over rounds, ratios
/// are medians of the ratios within a round.
/// </summary>
internal static class TrainingBenchmark
{
    public const int Batch = 128;
    public const int Seed = 2019;

    /// <summary>Counts seconds of the processor and not of the wall: for a machine that has other work. Use one thread with it, since waiting threads spin.</summary>
    public static bool CountsProcessorTime { get; set; }

    /// <summary>The clock of the measurement, in seconds.</summary>
    public static double Now()
    {
        if (!CountsProcessorTime)
            return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    public static int Run(int rounds, int steps, int threads)
    {
        torch.set_num_threads(threads);
        Console.WriteLine($"vgg-s, 32×32 RGB, batch {Batch}, crop 4 and flip, {threads} threads, seed {Seed}, {rounds} rounds of {steps} steps{(CountsProcessorTime ? ", processor time" : "")}.");
        Console.WriteLine($"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {Machine()}");
        Measure("4 bits, β = 1e-3", bits: 4, beta: 1e-3, rounds, steps, threads);
        Measure("full precision, no penalty", ActivationDeclaration.FullPrecision, beta: 0, rounds, steps, threads);
        return 0;
    }

    public static ImageDataset Noise(int images)
    {
        var random = new Random(Seed);
        var (pixels, classes) = (new byte[images * 3 * 32 * 32], new int[images]);
        random.NextBytes(pixels);
        for (var i = 0; i < images; i++)
            classes[i] = random.Next(10);
        var split = new ImageSplit(pixels, classes);
        return new ImageDataset([.. Enumerable.Range(0, 10).Select(i => $"{i}")], 3, 32, 32, MayFlip: true, split, split);
    }

    private static void Measure(string title, int bits, double beta, int rounds, int steps, int threads)
    {
        List<IContender> contenders = [new DqTraining(bits, beta, "float32", threads), new DqTraining(bits, beta, "bfloat16", threads), new BareLoop(bits, beta, tuned: true), new BareLoop(bits, beta, tuned: false)];
        if (PythonTraining.TryStart(bits, beta, threads) is { } python)
            contenders.Add(python);
        else
            Console.Error.WriteLine("python3 with torch is missing (Debian: apt-get install python3-torch); measured without it.");
        foreach (var contender in contenders)
            contender.Train(3);
        var speeds = contenders.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            // A different one begins each round, so that none always follows the same one.
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                var i = (round + turn) % contenders.Count;
                speeds[i].Add(contenders[i].Train(steps));
            }
        }

        Console.WriteLine();
        Console.WriteLine($"| {title} | images/s | lowest – highest | dq float32 against it | dq bfloat16 against it |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        for (var i = 0; i < contenders.Count; i++)
        {
            var (full, half) = (Ratio(speeds[0], speeds[i]), Ratio(speeds[1], speeds[i]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {contenders[i].Name} | {Median(speeds[i]):F0} | {speeds[i].Min():F0} – {speeds[i].Max():F0} | {full:F2} | {half:F2} |"));
            contenders[i].Dispose();
        }
    }

    private static double Ratio(List<double> ours, List<double> theirs) => Median(ours.Zip(theirs, (one, other) => one / other));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Machine()
    {
        var model = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        return $"{model ?? "unknown processor"}, {Environment.ProcessorCount} cores";
    }

    /// <summary>What <c>dq build</c> does: the trainer as a whole, with its loader, totals and checks.</summary>
    private sealed class DqTraining(int bits, double beta, string precision, int threads) : IContender
    {
        public string Name => $"dq, {precision}";

        public double Train(int steps)
        {
            var declaration = new TrainDeclaration
            {
                Name = "benchmark",
                Epochs = 1,
                Batch = Batch,
                Seed = Seed,
                Precision = precision,
                Activation = new ActivationDeclaration { Bits = bits },
                Lipschitz = new LipschitzDeclaration { Beta = beta },
                Augment = new AugmentDeclaration { Crop = 4, Flip = true },
            };
            var data = Noise(Batch * steps);
            var start = Now();
            Trainer.Train(new TrainingRequest(declaration, data) { Threads = threads }).Dispose();
            return Batch * steps / (Now() - start);
        }

        public void Dispose()
        {
        }
    }
}
