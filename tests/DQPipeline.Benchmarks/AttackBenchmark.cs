using System.Globalization;
using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using TorchSharp;

namespace DQPipeline.Benchmarks;

/// <summary>
/// Attacks on trained models against their plain re-implementation in PyTorch (attacks.py), on the same weights and images: whether both break the same ones, and how long they take.
/// </summary>
internal static class AttackBenchmark
{
    private const int Seed = 2019;
    private const int Batch = 250;

    private static readonly AttackDeclaration[] s_attacks =
    [
        new() { Kind = "fgsm" },
        new() { Kind = "bim", Steps = 10, Alpha = 0.5 },
        new() { Kind = "pgd", Steps = 20, Alpha = 0.5 },
        new() { Kind = "apgd-ce", Steps = 50 },
        new() { Kind = "apgd-dlr", Steps = 50 },
        new() { Kind = "square", Queries = 500 },
    ];

    public static int Run(string folder, IReadOnlyList<string> models, int samples, int rounds, int threads)
    {
        torch.set_num_threads(threads);
        Console.WriteLine($"{samples} test images, ε = 2, {threads} threads, seed {Seed}. {DateTime.UtcNow:yyyy-MM-dd}, {TrainingBenchmark.Machine()}");
        foreach (var model in models)
        {
            if (TrainedModels.Open(folder, model, samples, Seed) is not var (network, images))
                continue;
            using (network)
                Measure(folder, model, network, images, rounds, threads);
        }

        return 0;
    }

    private static void Measure(string folder, string model, Classifier network, ImageSplit images, int rounds, int threads)
    {
        var everyImage = Enumerable.Range(0, images.Count).ToArray();
        var description = network.Description;
        var temporary = Directory.CreateTempSubdirectory("dq-attacks");
        try
        {
            var file = Path.Combine(temporary.FullName, "images.npz");
            byte[] pixels = [.. everyImage.SelectMany(i => images.Image(i).ToArray())];
            Npz.Write(file, [NpzArray.Of("x", pixels, [images.Count, description.Channels, description.Height, description.Width]), NpzArray.Of("y", [.. images.Classes.Select(k => (long)k)], [images.Count])]);
            var weights = new Targets.Workspace(folder).OutputPath(model, Targets.Graph.TrainTarget.ModelFile);
            using var python = Python.TryStart("attacks.py", weights, file, threads.ToString(CultureInfo.InvariantCulture));
            if (python is null)
            {
                Console.WriteLine("There is no python3 with torch to compare with.");
                return;
            }

            var evaluator = new Evaluator(network, images, everyImage, Batch, Seed);
            _ = evaluator.Predictions();
            Console.WriteLine();
            Throughput(model, network, evaluator, python, images, rounds);
            Console.WriteLine();
            Console.WriteLine($"| {model} | ours, % | PyTorch {python.Version}, % | same images, % | PyTorch by other kernels: same images, % | ours, s | × faster |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
            foreach (var attack in s_attacks)
            {
                var (seconds, standing) = Ours(evaluator, attack);
                var (theirSeconds, theirs) = Theirs(python, attack);
                // How well the very same code agrees with itself where sums end on other last digits: no other implementation can be asked for more. Only where no chance is in it.
                var floor = attack.Kind is "fgsm" or "bim" ? Same(theirs, Theirs(python, attack, "plain-").Standing).ToString("F1", CultureInfo.InvariantCulture) : "–";
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {Words(attack)} | {Percent(standing):F1} | {Percent(theirs):F1} | {Same(standing, theirs):F1} | {floor} | {seconds:F2} | {theirSeconds / seconds:F2} |"));
            }
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    /// <summary>
    /// PGD by turns, so that whatever else the machine does meets all: every step of every image, and as evaluations make it, which spare what is wrong when clean; PyTorch by backward(), as its
    /// tutorial has it, and by the images' gradient alone.
    /// </summary>
    private static void Throughput(string model, Classifier network, Evaluator evaluator, Python python, ImageSplit images, int rounds)
    {
        var declared = new AttackDeclaration { Kind = "pgd", Steps = 10, Alpha = 0.5 };
        (string Name, Func<double> Seconds)[] contenders =
        [
            ("evaluated: images wrong when clean are spared", () => Ours(evaluator, declared).Seconds),
            ("every step of every image", () => EveryStep(network, declared, images)),
            ($"PyTorch {python.Version}, autograd.grad of the images", () => Theirs(python, declared, "lean-").Seconds),
            ($"PyTorch {python.Version}, backward()", () => Theirs(python, declared).Seconds),
        ];
        var seconds = contenders.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Length; i++)
                seconds[i].Add(contenders[i].Seconds());
        }

        Console.WriteLine($"| {model}, {Words(declared)}, {rounds} rounds | images × steps/s | evaluated against it | every step against it |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        for (var i = 0; i < contenders.Length; i++)
        {
            double Ratio(int ours) => TrainingBenchmark.Median(seconds[i].Zip(seconds[ours], (theirs, mine) => theirs / mine));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {contenders[i].Name} | {images.Count * declared.Steps / TrainingBenchmark.Median(seconds[i]):F0} | {Ratio(0):F2} | {Ratio(1):F2} |"));
        }
    }

    private static double EveryStep(Classifier network, AttackDeclaration declared, ImageSplit images)
    {
        var attack = AttackFactory.Create(declared);
        var batches = new ImageBatches(network.Description, images, [.. Enumerable.Range(0, images.Count)], Batch, torch.CPU);
        var start = TrainingBenchmark.Now();
        foreach (var chunk in Enumerable.Range(0, images.Count).Chunk(Batch))
        {
            using var scope = torch.NewDisposeScope();
            using var run = attack.Run(network, batches.Load(chunk), 2, Seed);
            _ = Predictor.Predict(network, run.Images);
        }

        return TrainingBenchmark.Now() - start;
    }

    private static (double Seconds, bool[] Standing) Ours(Evaluator evaluator, AttackDeclaration attack)
    {
        var start = TrainingBenchmark.Now();
        var standing = evaluator.Attacked(AttackFactory.Create(attack), 2).Standing;
        return (TrainingBenchmark.Now() - start, [.. standing]);
    }

    private static (double Seconds, bool[] Standing) Theirs(Python python, AttackDeclaration attack, string kind = "")
    {
        var steps = attack.Kind == "square" ? attack.Queries : Math.Max(1, attack.Steps);
        var answer = python.Ask(string.Create(CultureInfo.InvariantCulture, $"{kind}{attack.Kind}:2:{steps}:{attack.Alpha}")).Split(' ');
        return (double.Parse(answer[0], CultureInfo.InvariantCulture), [.. answer[1].Select(bit => bit == '1')]);
    }

    private static double Same(bool[] ours, bool[] theirs) => Percent([.. ours.Zip(theirs, (one, other) => one == other)]);

    private static double Percent(bool[] share) => 100.0 * share.Count(one => one) / share.Length;

    private static string Words(AttackDeclaration attack) => attack.Kind switch
    {
        "fgsm" => "fgsm",
        "square" => $"square, {attack.Queries} queries",
        "bim" or "pgd" => string.Create(CultureInfo.InvariantCulture, $"{attack.Kind}, {attack.Steps} steps of {attack.Alpha}"),
        _ => $"{attack.Kind}, {attack.Steps} steps",
    };
}
