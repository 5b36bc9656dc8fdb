using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DQPipeline.Networks;

/// <summary>
/// Batch norm, clip and quantizer of one channel of a float32 N×C×H×W feature map, fused. Elementwise passes cost as much as convolutions on a
/// processor, because each reads and writes the whole map; a channel (half a megabyte in vgg-s) stays in the cache over all that is done to it here.
/// A channel is one thread's work from end to end, so that sums do not depend on the number of threads.
/// </summary>
/// <remarks>
/// Every operation here is exactly defined (fused multiply-add, sums in a written order): a method that the runtime compiles again while it runs must
/// give the same bits as before, or an interrupted training would end with other weights.
/// </remarks>
/// <param name="images">N.</param>
/// <param name="channels">C.</param>
/// <param name="pixels">H·W.</param>
internal readonly unsafe struct NormalizedActivationKernel(int images, int channels, int pixels)
{
    /// <summary>Values of a channel, N·H·W.</summary>
    public long Count => (long)images * pixels;

    /// <summary>Mean and (biased) variance of a channel, in two passes: the second is centred, so that nothing cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (double Mean, double Variance) Statistics(float* x, int channel)
    {
        double sum = 0, squares = 0;
        for (var image = 0; image < images; image++)
            sum += Sum(Plane(x, image, channel));
        var mean = sum / Count;
        for (var image = 0; image < images; image++)
            squares += SquaredDistance(Plane(x, image, channel), (float)mean);
        return (mean, squares / Count);
    }

    /// <summary>y = Quantize(min(max(scale·x + shift, 0), bound)); steps = 0 does not quantize. A NaN stays one, so that divergence is noticed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float* x, float* y, int channel, float scale, float shift, float bound, int steps)
    {
        var (up, down) = steps > 0 ? ((float)(steps / (double)bound), (float)(bound / (double)steps)) : (0f, 0f);
        var (vScale, vShift, vBound) = (Vector256.Create(scale), Vector256.Create(shift), Vector256.Create(bound));
        var (vUp, vDown) = (Vector256.Create(up), Vector256.Create(down));
        for (var image = 0; image < images; image++)
        {
            float* from = Plane(x, image, channel), to = Plane(y, image, channel);
            var i = 0;
            for (; i <= pixels - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var z = Vector256.Min(Vector256.Max(Vector256.FusedMultiplyAdd(Vector256.Load(from + i), vScale, vShift), Vector256<float>.Zero), vBound);
                (steps > 0 ? Vector256.Round(z * vUp) * vDown : z).Store(to + i);
            }

            for (; i < pixels; i++)
            {
                var z = MathF.Min(MathF.Max(float.FusedMultiplyAdd(from[i], scale, shift), 0), bound);
                to[i] = steps > 0 ? MathF.Round(z * up) * down : z;
            }
        }
    }

    /// <summary>Σg and Σg·(x − mean), where g is the gradient that passes: that of values strictly inside the bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (double Sum, double Product) GradientSums(float* gradient, float* x, int channel, float scale, float shift, float bound, float mean)
    {
        double sum = 0, product = 0;
        var (vScale, vShift, vBound, vMean) = (Vector256.Create(scale), Vector256.Create(shift), Vector256.Create(bound), Vector256.Create(mean));
        for (var image = 0; image < images; image++)
        {
            float* g = Plane(gradient, image, channel), from = Plane(x, image, channel);
            var (sums, products) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var i = 0;
            for (; i <= pixels - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var value = Vector256.Load(from + i);
                var z = Vector256.FusedMultiplyAdd(value, vScale, vShift);
                var passing = Vector256.Load(g + i) & Vector256.GreaterThan(z, Vector256<float>.Zero) & Vector256.LessThan(z, vBound);
                sums += passing;
                products = Vector256.FusedMultiplyAdd(passing, value - vMean, products);
            }

            float tailSum = 0, tailProduct = 0;
            for (; i < pixels; i++)
            {
                var passing = Passing(g[i], float.FusedMultiplyAdd(from[i], scale, shift), bound);
                tailSum += passing;
                tailProduct += passing * (from[i] - mean);
            }

            sum += Across(sums) + tailSum;
            product += Across(products) + tailProduct;
        }

        return (sum, product);
    }

    /// <summary>dx = scale·g + slope·(x − mean) + offset, with g as in <see cref="GradientSums"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(float* gradient, float* x, float* dx, int channel, float scale, float shift, float bound, float mean, float slope, float offset)
    {
        var (vScale, vShift, vBound) = (Vector256.Create(scale), Vector256.Create(shift), Vector256.Create(bound));
        var (vMean, vSlope, vOffset) = (Vector256.Create(mean), Vector256.Create(slope), Vector256.Create(offset));
        for (var image = 0; image < images; image++)
        {
            float* g = Plane(gradient, image, channel), from = Plane(x, image, channel), to = Plane(dx, image, channel);
            var i = 0;
            for (; i <= pixels - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var value = Vector256.Load(from + i);
                var z = Vector256.FusedMultiplyAdd(value, vScale, vShift);
                var passing = Vector256.Load(g + i) & Vector256.GreaterThan(z, Vector256<float>.Zero) & Vector256.LessThan(z, vBound);
                Vector256.FusedMultiplyAdd(passing, vScale, Vector256.FusedMultiplyAdd(value - vMean, vSlope, vOffset)).Store(to + i);
            }

            for (; i < pixels; i++)
            {
                var passing = Passing(g[i], float.FusedMultiplyAdd(from[i], scale, shift), bound);
                to[i] = float.FusedMultiplyAdd(passing, scale, float.FusedMultiplyAdd(from[i] - mean, slope, offset));
            }
        }
    }

    private static float Across(Vector256<float> lanes)
    {
        var sum = 0f;
        for (var lane = 0; lane < Vector256<float>.Count; lane++)
            sum += lanes[lane];
        return sum;
    }

    private static float Passing(float gradient, float z, float bound) => z > 0 && z < bound ? gradient : 0;

    private float* Plane(float* map, int image, int channel) => map + ((long)image * channels + channel) * pixels;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Sum(float* plane)
    {
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= pixels - Vector256<float>.Count; i += Vector256<float>.Count)
            sums += Vector256.Load(plane + i);
        var sum = Across(sums);
        for (; i < pixels; i++)
            sum += plane[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float SquaredDistance(float* plane, float mean)
    {
        var (sums, vMean) = (Vector256<float>.Zero, Vector256.Create(mean));
        var i = 0;
        for (; i <= pixels - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var distance = Vector256.Load(plane + i) - vMean;
            sums = Vector256.FusedMultiplyAdd(distance, distance, sums);
        }

        var sum = Across(sums);
        for (; i < pixels; i++)
            sum += (plane[i] - mean) * (plane[i] - mean);
        return sum;
    }
}
