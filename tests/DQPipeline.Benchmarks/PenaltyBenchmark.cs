using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// What the Lipschitz penalty costs in a training step of a network, in each of its forms, and what autograd on the paper's formula ‖WᵀW − I‖² would cost. All in one run, by
/// turns; the figures are medians over rounds.
/// </summary>
internal static class PenaltyBenchmark
{
    private const int Batch = 128;

    public static int Run(string network, string precision, int rounds, int threads)
    {
        set_num_threads(threads);
        Console.WriteLine($"{network}, 32×32 RGB, batch {Batch}, {precision}, {threads} threads, {rounds} rounds{(TrainingBenchmark.CountsProcessorTime ? ", processor time" : "")}.");
        Console.WriteLine($"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {TrainingBenchmark.Machine()}");
        var declaration = new TrainDeclaration { Name = "benchmark", Network = network, Precision = precision, Activation = new ActivationDeclaration { Bits = 4 } };
        var description = new NetworkDescription(network, declaration.Activation, 3, 32, 32, [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
        using var state = new TrainingState(description, declaration, CPU);
        var step = new TrainingStep(state, new LipschitzDeclaration(), new LearningRate(declaration.Schedule, 1e-3, 10_000));
        using var images = rand(Batch, 3, 32, 32);
        using var labels = randint(0, 10, [Batch], dtype: ScalarType.Int64);
        var layers = state.Network.WeightLayers;
        (string Name, Action Run)[] work =
        [
            ("training step without penalty", () => step.Run(images, labels)),
            ("penalty of the weights", () => Penalty(layers, "weights", "orthogonal")),
            ("penalty of the folded operators", () => Penalty(layers, "folded", "orthogonal")),
            ("bound on the weights", () => Penalty(layers, "weights", "bound")),
            ("bound on the folded operators", () => Penalty(layers, "folded", "bound")),
            ("autograd on the paper's formula", () => Literal(layers)),
        ];
        var times = work.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < work.Length; i++)
            {
                var start = TrainingBenchmark.Now();
                work[i].Run();
                if (round >= 0)
                    times[i].Add(TrainingBenchmark.Now() - start);
            }
        }

        Console.WriteLine();
        Console.WriteLine($"| {network} | milliseconds | share of a step | autograd against it |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        var medians = times.Select(TrainingBenchmark.Median).ToArray();
        for (var i = 0; i < work.Length; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {work[i].Name} | {medians[i] * 1000:F1} | {medians[i] / medians[0]:P1} | {medians[^1] / medians[i]:F1} |"));
        return 0;
    }

    private static void Penalty(IReadOnlyList<WeightLayer> layers, string of, string form) =>
        new LipschitzPenalty(new LipschitzDeclaration { Beta = 1e-9, Of = of, Form = form }).AddGradient(PenalizedWeight.Of(layers, of == "folded")).Dispose();

    private static void Literal(IReadOnlyList<WeightLayer> layers)
    {
        using var scope = NewDisposeScope();
        var sum = zeros([]);
        foreach (var layer in layers)
        {
            var w = layer.Weight.view(layer.Weight.shape[0], -1);
            sum = sum + (w.t().mm(w) - eye(w.shape[1])).square().sum();
        }

        (sum * 1e-9).backward();
    }
}
