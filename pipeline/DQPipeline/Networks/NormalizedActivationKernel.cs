using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DQPipeline.Networks;

/// <summary>
/// Batch norm, clip and quantizer over rows of a feature map in the layout N×H×W×C, fused: a row is a pixel with its C channels, so that neighbouring values belong to
/// neighbouring channels and every parameter is a vector. Elementwise passes cost as much as convolutions on a processor, because each reads and writes
/// the whole map; the fused layer reads it three times and writes it once, and its gradient reads both maps twice and writes one.
/// </summary>
/// <remarks>
/// Every operation here is exactly defined (fused multiply-add, sums in a written order): a method that the runtime compiles again while it runs must
/// give the same bits as before, or an interrupted training would end with other weights. Pointers to parameters and sums are to C float32 values each.
/// </remarks>
/// <typeparam name="TElement">The type of the maps.</typeparam>
/// <param name="channels">C.</param>
internal readonly unsafe struct NormalizedActivationKernel<TElement>(int channels) where TElement : IFeatureElement
{
    private const int Lanes = 8;

    /// <summary>Rows that are summed in float32 before float64 takes over: few enough that nothing is lost, and a part of the work that one thread takes.</summary>
    public const int BlockRows = 1024;

    /// <summary>Channels that whole vectors cover.</summary>
    private int Vectored => channels - (channels % Lanes);

    /// <summary>Adds the rows [<paramref name="from"/>, <paramref name="to"/>) to <paramref name="sum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sum(void* x, int from, int to, float* sum)
    {
        for (var row = from; row < to; row++)
        {
            var at = (nint)row * channels;
            var c = 0;
            for (; c < Vectored; c += Lanes)
                (Vector256.Load(sum + c) + TElement.Load(x, at + c)).Store(sum + c);
            for (; c < channels; c++)
                sum[c] += TElement.Get(x, at + c);
        }
    }

    /// <summary>Adds (x − mean)² of the rows to <paramref name="sum"/>. A pass of its own: centred, nothing cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SquaredDistance(void* x, int from, int to, float* mean, float* sum)
    {
        for (var row = from; row < to; row++)
        {
            var at = (nint)row * channels;
            var c = 0;
            for (; c < Vectored; c += Lanes)
            {
                var distance = TElement.Load(x, at + c) - Vector256.Load(mean + c);
                Vector256.FusedMultiplyAdd(distance, distance, Vector256.Load(sum + c)).Store(sum + c);
            }

            for (; c < channels; c++)
            {
                var distance = TElement.Get(x, at + c) - mean[c];
                sum[c] = float.FusedMultiplyAdd(distance, distance, sum[c]);
            }
        }
    }

    /// <summary>y = Quantize(min(max(scale·x + shift, 0), bound)); steps = 0 does not quantize. A NaN stays one, so that divergence is noticed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(void* x, void* y, int from, int to, float* scale, float* shift, float bound, int steps)
    {
        var (up, down) = steps > 0 ? ((float)(steps / (double)bound), (float)(bound / (double)steps)) : (0f, 0f);
        var (vBound, vUp, vDown) = (Vector256.Create(bound), Vector256.Create(up), Vector256.Create(down));
        for (var row = from; row < to; row++)
        {
            var at = (nint)row * channels;
            var c = 0;
            for (; c < Vectored; c += Lanes)
            {
                var z = Vector256.FusedMultiplyAdd(TElement.Load(x, at + c), Vector256.Load(scale + c), Vector256.Load(shift + c));
                z = Vector256.Min(Vector256.Max(z, Vector256<float>.Zero), vBound);
                TElement.Store(steps > 0 ? Vector256.Round(z * vUp) * vDown : z, y, at + c);
            }

            for (; c < channels; c++)
            {
                var z = MathF.Min(MathF.Max(float.FusedMultiplyAdd(TElement.Get(x, at + c), scale[c], shift[c]), 0), bound);
                TElement.Set(steps > 0 ? MathF.Round(z * up) * down : z, y, at + c);
            }
        }
    }

    /// <summary>Adds Σg and Σg·(x − mean) of the rows, where g is the gradient that passes: that of values strictly inside the bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void GradientSums(void* gradient, void* x, int from, int to, float* scale, float* shift, float bound, float* mean, float* sum, float* product)
    {
        var vBound = Vector256.Create(bound);
        for (var row = from; row < to; row++)
        {
            var at = (nint)row * channels;
            var c = 0;
            for (; c < Vectored; c += Lanes)
            {
                var value = TElement.Load(x, at + c);
                var passing = Passing(TElement.Load(gradient, at + c), Vector256.FusedMultiplyAdd(value, Vector256.Load(scale + c), Vector256.Load(shift + c)), vBound);
                (Vector256.Load(sum + c) + passing).Store(sum + c);
                Vector256.FusedMultiplyAdd(passing, value - Vector256.Load(mean + c), Vector256.Load(product + c)).Store(product + c);
            }

            for (; c < channels; c++)
            {
                var value = TElement.Get(x, at + c);
                var passing = Passing(TElement.Get(gradient, at + c), float.FusedMultiplyAdd(value, scale[c], shift[c]), bound);
                sum[c] += passing;
                product[c] = float.FusedMultiplyAdd(passing, value - mean[c], product[c]);
            }
        }
    }

    /// <summary>dx = scale·g + slope·(x − mean) + offset, with g as in <see cref="GradientSums"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(void* gradient, void* x, void* dx, int from, int to, float* scale, float* shift, float bound, float* mean, float* slope, float* offset)
    {
        var vBound = Vector256.Create(bound);
        for (var row = from; row < to; row++)
        {
            var at = (nint)row * channels;
            var c = 0;
            for (; c < Vectored; c += Lanes)
            {
                var (value, vScale) = (TElement.Load(x, at + c), Vector256.Load(scale + c));
                var passing = Passing(TElement.Load(gradient, at + c), Vector256.FusedMultiplyAdd(value, vScale, Vector256.Load(shift + c)), vBound);
                var rest = Vector256.FusedMultiplyAdd(value - Vector256.Load(mean + c), Vector256.Load(slope + c), Vector256.Load(offset + c));
                TElement.Store(Vector256.FusedMultiplyAdd(passing, vScale, rest), dx, at + c);
            }

            for (; c < channels; c++)
            {
                var value = TElement.Get(x, at + c);
                var passing = Passing(TElement.Get(gradient, at + c), float.FusedMultiplyAdd(value, scale[c], shift[c]), bound);
                TElement.Set(float.FusedMultiplyAdd(passing, scale[c], float.FusedMultiplyAdd(value - mean[c], slope[c], offset[c])), dx, at + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Passing(Vector256<float> gradient, Vector256<float> z, Vector256<float> bound) =>
        gradient & Vector256.GreaterThan(z, Vector256<float>.Zero) & Vector256.LessThan(z, bound);

    private static float Passing(float gradient, float z, float bound) => z > 0 && z < bound ? gradient : 0;
}
