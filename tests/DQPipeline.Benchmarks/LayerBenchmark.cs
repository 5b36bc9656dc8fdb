using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// Where the time of a training step of vgg-s goes, and what each idea to shorten it brings: forward and backward pass of every layer at batch 128, summed over the network, once for each
/// way to compute it. All in one run, by turns; figures are medians over rounds.
/// </summary>
internal static class LayerBenchmark
{
    private const int Batch = 128;

    private static readonly (int Inputs, int Outputs, int Side)[] Layers = [(3, 32, 32), (32, 32, 32), (32, 64, 16), (64, 64, 16), (64, 128, 8), (128, 128, 8)];

    /// <summary>Where the branches of wrn-16-4 meet and the input is its own shortcut.</summary>
    private static readonly (int Inputs, int Outputs, int Side)[] Sums = [(64, 64, 32), (128, 128, 16), (256, 256, 8)];

    public static int Run(int rounds, int threads)
    {
        set_num_threads(threads);
        Console.WriteLine($"The six blocks of vgg-s, 32×32 RGB, batch {Batch}, 4 bits, {threads} threads, {rounds} rounds{(TrainingBenchmark.CountsProcessorTime ? ", processor time" : "")}.");
        Console.WriteLine($"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {TrainingBenchmark.Machine()}");
        Table("convolution 3×3", Layers, rounds,
        [
            ("float32, channels first", layer => Convolve(layer, float32, last: false)),
            ("float32, channels last", layer => Convolve(layer, float32, last: true)),
            ("bfloat16, channels first", layer => Convolve(layer, bfloat16, last: false)),
            ("bfloat16, channels last", layer => Convolve(layer, bfloat16, last: true)),
            ("the same, its input kept as bytes of levels", layer => Convolve(layer, bfloat16, last: true) + KeepLevels(layer)),
        ]);
        Table("batch norm, ReLU6, 4-bit quantizer", Layers, rounds,
        [
            ("torch's operators, x + (q − x).detach()", layer => Activate(layer, float32, Textbook)),
            ("torch's operators, quantized in place", layer => Activate(layer, float32, (norm, x) => norm.Composed(x))),
            ("fused, float32", layer => Activate(layer, float32, (norm, x) => norm.forward(x))),
            ("fused, bfloat16", layer => Activate(layer, bfloat16, (norm, x) => norm.forward(x))),
        ]);
        Table("convex sum of two branches, float32", Sums, rounds,
        [
            ("both coefficients on the maps", layer => Join(layer, onMap: true)),
            ("the residual branch's on the weight before it", layer => Join(layer, onMap: false)),
        ]);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A batch of {Batch} images, cropped and mirrored by one thread: {MakeBatch(rounds) * 1000:F1} ms."));
        return 0;
    }

    private static void Table(string title, (int Inputs, int Outputs, int Side)[] layers, int rounds, (string Name, Func<(int Inputs, int Outputs, int Side), double> Measure)[] ways)
    {
        var sums = ways.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < ways.Length; i++)
            {
                var sum = layers.Sum(ways[i].Measure);
                if (round >= 0)
                    sums[i].Add(sum);
            }
        }

        var medians = sums.Select(TrainingBenchmark.Median).ToArray();
        Console.WriteLine();
        Console.WriteLine($"| {title} | milliseconds a step | times as fast as the first |");
        Console.WriteLine("| --- | ---: | ---: |");
        for (var i = 0; i < ways.Length; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {ways[i].Name} | {medians[i] * 1000:F1} | {medians[0] / medians[i]:F2} |"));
    }

    private static double Convolve((int Inputs, int Outputs, int Side) layer, ScalarType type, bool last)
    {
        using var scope = NewDisposeScope();
        var x = Map(layer.Inputs, layer.Side, type, last);
        var gradient = Map(layer.Outputs, layer.Side, type, last);
        // The image itself takes no gradient.
        x.requires_grad_(layer.Inputs != 3);
        var weight = randn(layer.Outputs, layer.Inputs, 3, 3).mul_(0.1).requires_grad_();
        var start = TrainingBenchmark.Now();
        nn.functional.conv2d(x, type == float32 ? weight : weight.to(type), padding: [1, 1]).backward([gradient]);
        return TrainingBenchmark.Now() - start;
    }

    /// <summary>What it takes to keep a quantized map as bytes until the backward pass, and to have it back.</summary>
    private static double KeepLevels((int Inputs, int Outputs, int Side) layer)
    {
        // The image is no quantized map.
        if (layer.Inputs == 3)
            return 0;
        using var scope = NewDisposeScope();
        var x = Map(layer.Inputs, layer.Side, bfloat16, last: true).clamp_(0, 6);
        var start = TrainingBenchmark.Now();
        var levels = x.mul(15 / 6.0).round_().to(uint8);
        levels.to(bfloat16).mul_(6 / 15.0);
        return TrainingBenchmark.Now() - start;
    }

    /// <summary>α₁·x + α₂·r, forward and backward, with what α₂ costs where it is.</summary>
    private static double Join((int Inputs, int Outputs, int Side) layer, bool onMap)
    {
        using var scope = NewDisposeScope();
        var shortcut = Map(layer.Inputs, layer.Side, float32, last: true).requires_grad_();
        var residual = Map(layer.Outputs, layer.Side, float32, last: true).requires_grad_();
        var gradient = Map(layer.Outputs, layer.Side, float32, last: true);
        var weight = randn(layer.Outputs, layer.Inputs, 3, 3).requires_grad_();
        var weightGradient = randn(layer.Outputs, layer.Inputs, 3, 3);
        var coefficients = full(2, 0.5f).requires_grad_();
        var start = TrainingBenchmark.Now();
        if (onMap)
        {
            (shortcut * coefficients[0] + residual * coefficients[1]).backward([gradient]);
        }
        else
        {
            (shortcut * coefficients[0] + residual).backward([gradient]);
            (weight * coefficients[1]).backward([weightGradient]);
        }

        return TrainingBenchmark.Now() - start;
    }

    /// <summary>Seconds that the loader's thread works on a batch while nobody trains: the median of as many epochs as there are rounds.</summary>
    private static double MakeBatch(int rounds)
    {
        const int Batches = 64;
        var loader = new BatchLoader(TrainingBenchmark.Noise(Batch * Batches), Batch, crop: 4, flip: true, TrainingBenchmark.Seed);
        var times = new List<double>();
        for (var round = -1; round < rounds; round++)
        {
            var start = TrainingBenchmark.Now();
            foreach (var batch in loader.Batches(1))
            {
                using (batch)
                    batch.Images().Dispose();
            }

            if (round >= 0)
                times.Add((TrainingBenchmark.Now() - start) / Batches);
        }

        return TrainingBenchmark.Median(times);
    }

    private static double Activate((int Inputs, int Outputs, int Side) layer, ScalarType type, Func<NormalizedActivation, Tensor, Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var norm = new NormalizedActivation(layer.Outputs, new BoundedActivation(new ActivationDeclaration { Bits = 4 }), CPU);
        var x = Map(layer.Outputs, layer.Side, type, last: true).requires_grad_();
        var gradient = Map(layer.Outputs, layer.Side, type, last: true);
        var start = TrainingBenchmark.Now();
        forward(norm, x).backward([gradient]);
        return TrainingBenchmark.Now() - start;
    }

    private static Tensor Textbook(NormalizedActivation norm, Tensor x)
    {
        var y = nn.functional.relu6(nn.functional.batch_norm(x, norm.RunningMean, norm.RunningVariance, norm.Weight, norm.Bias, training: true));
        return y + ((y * (15 / 6.0)).round() * (6 / 15.0) - y).detach();
    }

    private static Tensor Map(int channels, int side, ScalarType type, bool last)
    {
        var map = randn(Batch, channels, side, side).to(type);
        return last ? ChannelsLast.Of(map) : map;
    }
}
