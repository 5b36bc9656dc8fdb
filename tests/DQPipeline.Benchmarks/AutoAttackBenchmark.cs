using System.Globalization;
using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Native;
using TorchSharp;

namespace DQPipeline.Benchmarks;

/// <summary>AutoAttack against each of its parts and long PGD, and against <see cref="PlainAutoAttack"/> in time.</summary>
internal static class AutoAttackBenchmark
{
    private const int Seed = 2019;
    private const double Epsilon = 2;

    public static int Run(string folder, string model, int samples, int threads)
    {
        torch.set_num_threads(threads);
        if (TrainedModels.Open(folder, model, samples, Seed) is not var (network, images))
            return 0;
        using var owned = network;
        Console.WriteLine($"{model}, {samples} test images, ε = {Epsilon}, {threads} threads, seed {Seed}. {DateTime.UtcNow:yyyy-MM-dd}, {TrainingBenchmark.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| attack | accuracy, % | seconds |");
        Console.WriteLine("| --- | ---: | ---: |");
        var evaluator = new Evaluator(network, images, [.. Enumerable.Range(0, images.Count)], seed: Seed);
        var whole = new AttackDeclaration { Kind = "autoattack" };
        Line("clean", Timed(() => evaluator.Clean().Standing));
        foreach (var kind in AttackDeclaration.AutoAttack)
            Line(kind, Timed(() => evaluator.Attacked(AttackFactory.Create(whole with { Kind = kind }), Epsilon).Standing));
        Line("apgd-dlr", Timed(() => evaluator.Attacked(AttackFactory.Create(whole with { Kind = "apgd-dlr" }), Epsilon).Standing));
        Line("pgd, 50 steps of 0.5", Timed(() => evaluator.Attacked(AttackFactory.Create(whole with { Kind = "pgd", Steps = 50, Alpha = 0.5 }), Epsilon).Standing));
        var ours = Line("autoattack", Timed(() => evaluator.Attacked(AttackFactory.Create(whole), Epsilon).Standing));

        network.eval();
        byte[] pixels = [.. Enumerable.Range(0, images.Count).SelectMany(i => images.Image(i).ToArray())];
        var description = network.Description;
        using var x = torch.tensor(pixels, [images.Count, description.Channels, description.Height, description.Width]).to(torch.ScalarType.Float32).div_(Number.Of(255));
        using var y = torch.tensor(images.Classes.Select(k => (long)k).ToArray());
        var plain = Line("a straightforward loop", Timed(() => new PlainAutoAttack(network, Epsilon / 255, steps: 100, whole.Targets, whole.Queries).Run(x, y)));
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plain / ours:F2} × faster than the straightforward loop"));
        return 0;
    }

    private static double Line(string name, (double Seconds, IReadOnlyList<bool> Standing) measured)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {100.0 * measured.Standing.Count(one => one) / measured.Standing.Count:F1} | {measured.Seconds:F1} |"));
        return measured.Seconds;
    }

    private static (double Seconds, IReadOnlyList<bool> Standing) Timed(Func<IReadOnlyList<bool>> measure)
    {
        var start = TrainingBenchmark.Now();
        var standing = measure();
        return (TrainingBenchmark.Now() - start, standing);
    }
}
