using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// Deployed models on one thread: the integer file against the float files of the same network, with its quantizers as rounding and without any, and against TorchSharp. Weights
/// are random, batch norms have seen some noise: the speed does not depend on what was learnt.
/// </summary>
internal static class DeployedBenchmark
{
    private static readonly int[] Batches = [1, 64];

    public static int Run(int rounds)
    {
        NativeBackend.Load();
        set_num_threads(1);
        Console.WriteLine($"32×32 RGB, 1 thread, {rounds} rounds, medians of ratios within a round. {DateTime.UtcNow:yyyy-MM-dd}, {TrainingBenchmark.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| network | bits | batch | integer, ms | × float with rounding | × float without | × TorchSharp | file against float |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var (network, bits) in new[] { ("vgg-s", 1), ("vgg-s", 2), ("vgg-s", 4), ("vgg-s", 8), ("wrn-16-4", 4), ("resnet-18", 4) })
            Measure(network, bits, rounds);
        return 0;
    }

    private static void Measure(string name, int bits, int rounds)
    {
        using var network = Network(name, bits);
        using var plain = Network(name, ActivationDeclaration.FullPrecision);
        var graph = LayerGraphs.Of(network);
        var words = new Dictionary<string, string> { ["labels"] = System.Text.Json.JsonSerializer.Serialize(network.Description.Labels) };
        var random = new Random(2019);
        var calibration = Enumerable.Range(0, 50 * 3072).Select(_ => random.Next(256) / 255f).ToArray();
        byte[][] files =
        [
            OnnxExport.Integer(graph, new Calibration(graph, threads: 1).Run(() => [calibration]), words),
            OnnxExport.Float(graph, words),
            OnnxExport.Float(LayerGraphs.Of(plain), words),
        ];
        DeployedModel[] models = [.. files.Select(file => DeployedModel.Load(file, name, new() { Threads = 1 }))];
        foreach (var batch in Batches)
        {
            var images = calibration.Concat(calibration).Take(batch * 3072).ToArray();
            var logits = new float[batch * 10];
            using var scope = NewDisposeScope();
            var tensorImages = tensor(images, [batch, 3, 32, 32]);
            Action[] contenders = [.. models.Select(model => (Action)(() => model.Run(images, logits))), () => Predictor.Probabilities(network, tensorImages)];
            var times = contenders.Select(_ => new List<double>()).ToArray();
            foreach (var contender in contenders)
                _ = Milliseconds(contender);
            for (var round = 0; round < rounds; round++)
            {
                for (var turn = 0; turn < contenders.Length; turn++)
                {
                    var i = (round + turn) % contenders.Length;
                    times[i].Add(Milliseconds(contenders[i]));
                }
            }

            var ratios = times.Skip(1).Select(other => TrainingBenchmark.Median(other.Zip(times[0], (theirs, ours) => theirs / ours)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {bits} | {batch} | {TrainingBenchmark.Median(times[0]):F2} | {string.Join(" | ", ratios.Select(ratio => ratio.ToString("F2", CultureInfo.InvariantCulture)))} | {(double)files[0].Length / files[1].Length:F2} |"));
        }

        foreach (var model in models)
            model.Dispose();
    }

    public static Classifier Network(string name, int bits)
    {
        var description = new NetworkDescription(name, new ActivationDeclaration { Bits = bits }, 3, 32, 32, [.. Enumerable.Range(0, 10).Select(k => $"{k}")]);
        var network = NetworkFactory.Create(description, seed: 1);
        network.train();
        using (no_grad())
        {
            for (var i = 0; i < 10; i++)
                network.forward(rand(8, 3, 32, 32)).Dispose();
        }

        network.eval();
        return network;
    }

    private static double Milliseconds(Action contender)
    {
        var (runs, start) = (0, TrainingBenchmark.Now());
        do
        {
            contender();
            runs++;
        }
        while (TrainingBenchmark.Now() - start < 0.1);
        return (TrainingBenchmark.Now() - start) * 1000 / runs;
    }
}
