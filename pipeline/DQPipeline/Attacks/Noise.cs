using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Noise that belongs to a sample: a stream of its own for each (seed, restart, sample), drawn by code of ours, so that it is the same on every
/// device, whatever the batch. It does not depend on ε: a stronger attack uses the same directions, and a curve over ε carries no needless scatter.
/// </summary>
internal sealed class Noise(int seed, int restart, IReadOnlyList<int> samples)
{
    /// <summary>Values of U(−1, 1), symmetric, never the ends; of the shape and device of <paramref name="like"/> (N×C×H×W).</summary>
    public Tensor Uniform(Tensor like) => Fill(like, static (stream, values) =>
    {
        // (2k+1)/2²³ − 1 with k of 23 bits is exact in float32.
        foreach (ref var value in values)
            value = (((stream.Next() >> 41) * 2) + 1) * (1f / (1 << 23)) - 1f;
    });

    /// <summary>Values of sign(N(0, I)), which is −1 or 1 with equal chance; of the shape and device of <paramref name="like"/> (N×C×H×W).</summary>
    public Tensor Signs(Tensor like) => Fill(like, static (stream, values) =>
    {
        foreach (ref var value in values)
            value = (stream.Next() >> 63) == 0 ? -1f : 1f;
    });

    private Tensor Fill(Tensor like, Action<Stream, Span<float>> draw)
    {
        var host = empty(like.shape, ScalarType.Float32, CPU);
        var all = MemoryMarshal.Cast<byte, float>(host.bytes);
        var size = all.Length / samples.Count;
        for (var i = 0; i < samples.Count; i++)
            draw(new Stream(seed, restart, samples[i]), all.Slice(i * size, size));
        return host.to(like.device);
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014), started from three numbers, each mixed in by a draw.</summary>
    private sealed class Stream
    {
        private ulong state;

        public Stream(int seed, int restart, int sample)
        {
            state = (uint)seed;
            state = Next() ^ (uint)restart;
            state = Next() ^ (uint)sample;
            state = Next();
        }

        public ulong Next()
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
