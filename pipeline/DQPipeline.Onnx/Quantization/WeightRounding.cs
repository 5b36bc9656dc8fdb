using System.Numerics.Tensors;

namespace DQPipeline.Onnx.Quantization;

/// <summary>
/// Rounds the weights of a layer one after another, each making up for what the earlier ones added to the result on the layer's own inputs, instead of each to its nearest (GPTQ,
/// Frantar et al. 2022). The bias takes up what is left on average.
/// </summary>
/// <remarks>
/// With the error e of a channel's weights and the covariance H of the inputs, the channel's result is off by eᵀHe in the mean square. With H = UUᵀ, U upper triangular, this is
/// |Uᵀe|², whose k-th entry holds the errors of the weights up to the k-th only: so each is rounded such that its entry is smallest.
/// </remarks>
internal static class WeightRounding
{
    /// <summary>Share of the mean variance that is added to each: inputs that hardly vary in calibration may vary later.</summary>
    private const double Damping = 0.01;

    /// <summary>Rounds.</summary>
    /// <param name="weight">cout×d.</param>
    /// <param name="bias">cout.</param>
    /// <param name="mean">Mean of the inputs, d.</param>
    /// <param name="covariance">Their covariance, d×d; it is overwritten.</param>
    /// <param name="threads">Processor threads; the result does not depend on them.</param>
    public static RoundedLayer Round(float[] weight, float[] bias, double[] mean, double[] covariance, int threads)
    {
        var size = mean.Length;
        var nearest = QuantizedWeights.Of(weight, bias, float.PositiveInfinity);
        var order = Order(covariance, size);
        var factor = Permuted(covariance, order);
        UpperCholesky.Factorize(factor, size, threads);
        var (values, corrected) = (new sbyte[weight.Length], new float[bias.Length]);
        Parallel.For(0, bias.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, c =>
        {
            var lacking = Row(weight.AsSpan(c * size, size), values.AsSpan(c * size, size), nearest.Scales[c], order, factor, mean);
            corrected[c] = bias[c] + (float)lacking;
        });
        return new(new(values, nearest.Scales), corrected);
    }

    /// <summary>Inputs that vary most come first, while there are many left to make up for them.</summary>
    private static int[] Order(double[] covariance, int size) => [.. Enumerable.Range(0, size).OrderByDescending(i => covariance[(i * size) + i])];

    private static double[] Permuted(double[] covariance, int[] order)
    {
        var size = order.Length;
        var damping = 0.0;
        for (var i = 0; i < size; i++)
            damping += covariance[(i * size) + i] * Damping / size;
        var permuted = new double[covariance.Length];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                permuted[(i * size) + j] = covariance[(order[i] * size) + order[j]];
            permuted[(i * size) + i] += Math.Max(damping, double.Epsilon);
        }

        return permuted;
    }

    /// <returns>What the channel's result lacks on average.</returns>
    private static double Row(ReadOnlySpan<float> weights, Span<sbyte> rounded, float scale, int[] order, double[] factor, double[] mean)
    {
        var size = order.Length;
        var (owed, lacking) = (new double[size], 0.0);
        for (var k = 0; k < size; k++)
        {
            var weight = weights[order[k]];
            var wanted = weight + (owed[k] / factor[(k * size) + k]);
            var q = (sbyte)Math.Clamp(Math.Round(wanted / scale), -sbyte.MaxValue, sbyte.MaxValue);
            rounded[order[k]] = q;
            var error = weight - ((double)q * scale);
            lacking += error * mean[order[k]];
            if (error != 0)
                TensorPrimitives.MultiplyAdd<double>(factor.AsSpan((k * size) + k + 1, size - k - 1), error, owed.AsSpan(k + 1), owed.AsSpan(k + 1));
        }

        return lacking;
    }
}

/// <summary>The weights of a layer on their bytes, and the bias that belongs to them.</summary>
/// <param name="Weights">The weights.</param>
/// <param name="Bias">cout.</param>
internal sealed record RoundedLayer(QuantizedWeights Weights, float[] Bias)
{
    /// <summary>
    /// The weights and the bias of a layer: as they were rounded, or to the nearest where they were not. So it is with a single channel too whose bias is too large for the rounded weights' scale, or whose weights are
    /// all 0 and say nothing of a scale.
    /// </summary>
    /// <param name="rounded">The rounded ones, if there are any.</param>
    /// <param name="weight">cout×….</param>
    /// <param name="bias">cout.</param>
    /// <param name="inputScale">Scale of what the weights meet.</param>
    public static RoundedLayer Of(RoundedLayer? rounded, float[] weight, float[] bias, float inputScale)
    {
        var nearest = QuantizedWeights.Of(weight, bias, inputScale);
        if (rounded is null)
            return new(nearest, bias);
        var size = weight.Length / bias.Length;
        var (values, scales, corrected) = ((sbyte[])rounded.Weights.Values.Clone(), (float[])rounded.Weights.Scales.Clone(), (float[])rounded.Bias.Clone());
        for (var c = 0; c < bias.Length; c++)
        {
            if (QuantizedWeights.Holds(corrected[c], scales[c], inputScale) && weight.AsSpan(c * size, size).ContainsAnyExcept(0f))
                continue;
            nearest.Values.AsSpan(c * size, size).CopyTo(values.AsSpan(c * size));
            (scales[c], corrected[c]) = (nearest.Scales[c], bias[c]);
        }

        return new(new(values, scales), corrected);
    }
}
