using DQPipeline.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// The same network, loss and augmentation written straight on TorchSharp. Tuned, it knows what this library knows: the straight-through estimator in place
/// after relu6, and the smaller Gram matrix. Else it is written as the paper writes it.
/// </summary>
internal sealed class BareLoop : IContender
{
    private static readonly int[] Widths = [32, 32, 0, 64, 64, 0, 128, 128];

    private readonly List<(Conv2d Convolution, BatchNorm2d Norm, bool Pool)> blocks = [];
    private readonly Linear linear = nn.Linear(128, 10);
    private readonly optim.Optimizer optimizer;
    private readonly ImageDataset data = TrainingBenchmark.Noise(TrainingBenchmark.Batch * 4);
    private readonly Random random = new(TrainingBenchmark.Seed);
    private readonly int steps;
    private readonly double beta;
    private readonly bool tuned;

    public BareLoop(int bits, double beta, bool tuned)
    {
        (steps, this.beta, this.tuned) = (bits == 32 ? 0 : (1 << bits) - 1, beta, tuned);
        for (var (i, channels) = (0, 3); i < Widths.Length; i++)
        {
            if (Widths[i] == 0)
                continue;
            blocks.Add((nn.Conv2d(channels, Widths[i], 3, padding: 1, bias: false), nn.BatchNorm2d(Widths[i]), i + 1 < Widths.Length && Widths[i + 1] == 0));
            channels = Widths[i];
        }

        optimizer = optim.SGD(blocks.SelectMany(b => b.Convolution.parameters().Concat(b.Norm.parameters())).Concat(linear.parameters()), 0.1, momentum: 0.9, nesterov: true);
    }

    public string Name => tuned ? "bare TorchSharp loop, tuned" : "bare TorchSharp loop, textbook";

    public double Train(int count)
    {
        using var uncollected = new Uncollected();
        var start = TrainingBenchmark.Now();
        for (var step = 0; step < count; step++)
        {
            using var scope = NewDisposeScope();
            var (images, labels) = NextBatch(step);
            optimizer.zero_grad();
            var loss = nn.functional.cross_entropy(Forward(images), labels);
            if (beta > 0)
                loss = loss + Penalty();
            loss.backward();
            optimizer.step();
            loss.item<float>();
        }

        return TrainingBenchmark.Batch * count / (TrainingBenchmark.Now() - start);
    }

    public void Dispose()
    {
        optimizer.Dispose();
        linear.Dispose();
        foreach (var (convolution, norm, _) in blocks)
        {
            convolution.Dispose();
            norm.Dispose();
        }
    }

    private Tensor Forward(Tensor x)
    {
        foreach (var (convolution, norm, pool) in blocks)
        {
            x = Quantize(nn.functional.relu6(norm.forward(convolution.forward(x))));
            if (pool)
                x = nn.functional.max_pool2d(x, 2);
        }

        return linear.forward(x.mean([2, 3]));
    }

    private Tensor Quantize(Tensor x)
    {
        if (steps == 0)
            return x;
        if (!tuned)
            return x + ((x * (steps / 6.0)).round() * (6.0 / steps) - x).detach();
        using var guard = no_grad();
        return x.mul_(steps / 6.0).round_().mul_(6.0 / steps);
    }

    private Tensor Penalty()
    {
        var sum = zeros([]);
        foreach (var weight in blocks.Select(b => b.Convolution.weight!).Append(linear.weight!))
        {
            var w = weight.view(weight.shape[0], -1);
            var gram = tuned ? w.mm(w.t()) : w.t().mm(w);
            sum = sum + (gram - eye(gram.shape[0])).square().sum();
        }

        return sum * (beta / 2);
    }

    private (Tensor Images, Tensor Labels) NextBatch(int step)
    {
        const int n = TrainingBenchmark.Batch;
        const int side = 32;
        var (pixels, labels) = (new float[n * 3 * side * side], new long[n]);
        for (var i = 0; i < n; i++)
        {
            var index = (step * n + i) % data.Train.Count;
            var image = data.Train.Image(index);
            var (dx, dy, flip) = (random.Next(9) - 4, random.Next(9) - 4, random.Next(2) == 1);
            for (var c = 0; c < 3; c++)
            {
                for (var y = Math.Max(0, dy); y < Math.Min(side, side + dy); y++)
                {
                    for (var x = Math.Max(0, dx); x < Math.Min(side, side + dx); x++)
                        pixels[((i * 3 + c) * side + y) * side + (flip ? side - 1 - x : x)] = image[(c * side + y - dy) * side + x - dx] / 255f;
                }
            }

            labels[i] = data.Train.Classes[index];
        }

        return ((tensor(pixels).view(n, 3, side, side) - 128.0 / 255) * 4, tensor(labels));
    }
}
