using System.Runtime.InteropServices;
using DQPipeline.Data;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Noise that belongs to a sample: a stream of its own for each (seed, purpose, restart, sample), drawn from <see cref="SeededRandom"/>, so that it is the same on every
/// device, whatever the batch. It does not depend on ε: a stronger attack uses the same directions, and a curve over ε carries no needless scatter.
/// </summary>
/// <param name="seed">The seed.</param>
/// <param name="restart">Which of several runs it is, or the epoch of a training, from 0.</param>
/// <param name="samples">Numbers that name the samples.</param>
/// <param name="purpose">What the noise is for.</param>
internal sealed class Noise(int seed, int restart, IReadOnlyList<int> samples, RandomPurpose purpose = RandomPurpose.Attack)
{
    /// <summary>The seed.</summary>
    public int Seed => seed;

    /// <summary>Numbers that name the samples.</summary>
    public IReadOnlyList<int> Samples => samples;

    /// <summary>Values of U(−1, 1), symmetric, never the ends; of the shape and device of <paramref name="like"/> (N×C×H×W).</summary>
    public Tensor Uniform(Tensor like) => Fill(like, static (random, values) =>
    {
        // (2k+1)/2²³ − 1 with k of 23 bits is exact in float32.
        foreach (ref var value in values)
            value = (((random.NextBits() >> 9) * 2) + 1) * (1f / (1 << 23)) - 1f;
    });

    /// <summary>Values of sign(N(0, I)), which is −1 or 1 with equal chance; of the shape and device of <paramref name="like"/> (N×C×H×W).</summary>
    public Tensor Signs(Tensor like) => Fill(like, static (random, values) =>
    {
        foreach (ref var value in values)
            value = (random.NextBits() >> 31) == 0 ? -1f : 1f;
    });

    /// <summary>Points drawn uniformly from the Euclidean ball of radius 1; of the shape and device of <paramref name="like"/> (N×C×H×W).</summary>
    public Tensor InSphere(Tensor like) => Fill(like, static (random, values) =>
    {
        var squares = 0.0;
        foreach (ref var value in values)
        {
            value = (float)random.NextNormal();
            squares += (double)value * value;
        }

        // A normal direction has no preference; the n-th root of a uniform number gives each shell the weight of its volume.
        var radius = Math.Pow((random.NextBits() + 0.5) / 4294967296.0, 1.0 / values.Length);
        var scale = (float)(radius / Math.Sqrt(squares));
        foreach (ref var value in values)
            value *= scale;
    });

    private Tensor Fill(Tensor like, Draw draw)
    {
        var host = empty(like.shape, ScalarType.Float32, CPU);
        var all = MemoryMarshal.Cast<byte, float>(host.bytes);
        var size = all.Length / samples.Count;
        for (var i = 0; i < samples.Count; i++)
            draw(new SeededRandom(seed, purpose, restart, samples[i]), all.Slice(i * size, size));
        return host.to(like.device);
    }

    private delegate void Draw(SeededRandom random, Span<float> values);
}
