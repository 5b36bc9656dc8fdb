using System.Diagnostics;
using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Training;
using TorchSharp;

namespace DQPipeline.Benchmarks;

/// <summary>
/// What a worker gains by how it has its memory: the same training in processes that leave the C library's allocator as it is, that let it keep what is freed, and that also ask for huge pages,
/// by turns in one run. Which pages the kernel hands out, and at what price, is the machine's: on virtual ones it is high.
/// </summary>
internal static class HeapBenchmark
{
    private const string Verb = "heap-work";
    private const string AsItIs = "as it is";
    private const string Kept = "kept";
    private const string Huge = "kept, huge pages";

    private static readonly string[] s_ways = [AsItIs, Kept, Huge];

    private static readonly (string Network, string Precision, string Adversarial)[] s_works =
        [("vgg-s", "float32", "none"), ("vgg-s", "bfloat16", "none"), ("wrn-10-2", "float32", "none"), ("wrn-10-2", "bfloat16", "none"), ("vgg-s", "float32", "pgd")];

    public static int Run(int rounds, int steps, int threads)
    {
        Console.WriteLine($"Training at 4 bits, 32×32 RGB, batch {TrainingBenchmark.Batch}, {threads} threads, seed {TrainingBenchmark.Seed}, {rounds} rounds of {steps} steps; ratios are medians of those within a round.");
        Console.WriteLine($"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {TrainingBenchmark.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| training | freed memory | images/s | × as it is | page faults an image | peak memory, MB | × as it is |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var work in s_works)
        {
            var measured = s_ways.ToDictionary(way => way, _ => new List<Measured>());
            for (var round = 0; round < rounds; round++)
            {
                // A different one begins each round, so that none always follows the same one.
                for (var turn = 0; turn < s_ways.Length; turn++)
                {
                    var way = s_ways[(round + turn) % s_ways.Length];
                    measured[way].Add(Start(work, way, steps, threads));
                }
            }

            foreach (var way in s_ways)
            {
                var (these, those) = (measured[way], measured[AsItIs]);
                double Middle(Func<Measured, double> of) => TrainingBenchmark.Median(these.Select(of));
                double Against(Func<Measured, double> of) => TrainingBenchmark.Median(these.Zip(those, (one, other) => of(one) / of(other)));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {work.Network}, {work.Precision}{(work.Adversarial == "none" ? "" : $", {work.Adversarial}")} | {way} | {Middle(one => one.Speed):F0} | {Against(one => one.Speed):F2} | {Middle(one => one.Faults):F1} | {Middle(one => one.Peak):F0} | {Against(one => one.Peak):F2} |"));
            }
        }

        return 0;
    }

    /// <summary>The measured process.</summary>
    public static int Work(IReadOnlyList<string> arguments)
    {
        if (arguments[0] != AsItIs && !NativeHeap.KeepFreed())
            Console.Error.WriteLine("The allocator of this system cannot be told.");
        NativeBackend.Load();
        var (steps, threads) = (int.Parse(arguments[4], CultureInfo.InvariantCulture), int.Parse(arguments[5], CultureInfo.InvariantCulture));
        var declaration = new TrainDeclaration
        {
            Name = "benchmark",
            Network = arguments[1],
            Precision = arguments[2],
            Epochs = 1,
            Batch = TrainingBenchmark.Batch,
            Seed = TrainingBenchmark.Seed,
            Activation = new ActivationDeclaration { Bits = 4 },
            Adversarial = new AdversarialDeclaration { Kind = arguments[3] },
            Augment = new AugmentDeclaration { Crop = 4, Flip = true },
        };
        torch.set_num_threads(threads);
        // What is compiled and laid out at first use is not what is measured.
        Train(declaration, 3, threads);
        var (faults, start) = (MeasuredProcess.Faults(), Stopwatch.GetTimestamp());
        Train(declaration, steps, threads);
        var images = TrainingBenchmark.Batch * steps;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{images / seconds} {(MeasuredProcess.Faults() - faults) / (double)images} {MeasuredProcess.Peak()}"));
        return 0;
    }

    private static void Train(TrainDeclaration declaration, int steps, int threads) =>
        Trainer.Train(new TrainingRequest(declaration, TrainingBenchmark.Noise(TrainingBenchmark.Batch * steps)) { Threads = threads }).Dispose();

    private static Measured Start((string Network, string Precision, string Adversarial) work, string way, int steps, int threads)
    {
        var numbers = MeasuredProcess.Run([Verb, way, work.Network, work.Precision, work.Adversarial, $"{steps}", $"{threads}"], threads, hugePages: way == Huge);
        return new(numbers[0], numbers[1], numbers[2]);
    }

    private sealed record Measured(double Speed, double Faults, double Peak);
}
