using DQPipeline.Data;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// The passes over a whole map that make up the fused layer and its gradient, split over threads by blocks of rows. Sums are formed within a block and then over the blocks in
/// their order, so that they do not depend on the number of threads.
/// </summary>
/// <typeparam name="TElement">The type of the maps.</typeparam>
internal static unsafe class NormalizedActivationPasses<TElement> where TElement : IFeatureElement
{
    private const int BlockRows = NormalizedActivationKernel<TElement>.BlockRows;

    /// <summary>Below this many values a second thread costs more than it brings.</summary>
    private const int WorthThreads = 1 << 15;

    /// <summary>Fills <paramref name="output"/> and <paramref name="maps"/>; updates the running statistics while training.</summary>
    /// <param name="input">Contiguous N×H×W×C.</param>
    /// <param name="output">Of the same shape.</param>
    /// <param name="maps">To be filled.</param>
    public static void Forward(Tensor input, Tensor output, ChannelMaps maps)
    {
        var layer = maps.Layer;
        var means = PixelConversion.Memory<float>(layer.RunningMean);
        var variances = PixelConversion.Memory<float>(layer.RunningVariance);
        var weight = PixelConversion.Memory<float>(layer.Weight);
        var bias = PixelConversion.Memory<float>(layer.Bias);
        var (mean, variance) = (new double[means.Length], new double[means.Length]);
        if (maps.BatchStatistics)
            Statistics(input, maps, mean, variance);
        var count = input.numel() / means.Length;
        for (var c = 0; c < means.Length; c++)
        {
            if (!maps.BatchStatistics)
            {
                (mean[c], variance[c]) = (means[c], variances[c]);
            }
            else if (BatchNormalization.TellsVariance(count))
            {
                means[c] = Follow(means[c], mean[c]);
                variances[c] = Follow(variances[c], variance[c] * count / (count - 1));
            }

            var inverse = 1 / Math.Sqrt(variance[c] + NormalizedActivation.Epsilon);
            var scale = weight[c] * inverse;
            (maps.Mean[c], maps.InverseDeviation[c]) = ((float)mean[c], (float)inverse);
            (maps.Scale[c], maps.Shift[c]) = ((float)scale, (float)(bias[c] - mean[c] * scale));
        }

        var (bound, steps, kernel) = ((float)layer.Activation.Bound, layer.Activation.Steps, Kernel(input));
        fixed (byte* x = input.bytes, y = output.bytes)
        fixed (float* scale = maps.Scale, shift = maps.Shift)
        {
            var (px, py, pScale, pShift) = ((nint)x, (nint)y, (nint)scale, (nint)shift);
            EachBlock(input, (_, from, to) => kernel.Forward((void*)px, (void*)py, from, to, (float*)pScale, (float*)pShift, bound, steps));
        }
    }

    /// <summary>Fills <paramref name="result"/> with the gradient by the input, and those by γ and β.</summary>
    /// <param name="input">What the layer was given, contiguous N×H×W×C.</param>
    /// <param name="gradient">The gradient by its output, of the same shape and type.</param>
    /// <param name="result">To be filled, of the same shape and type.</param>
    /// <param name="maps">What the forward pass left.</param>
    /// <param name="weight">To be filled: the gradient by γ; left as it is where the parameters take none and only the running statistics count.</param>
    /// <param name="bias">To be filled alike: the gradient by β.</param>
    public static void Backward(Tensor input, Tensor gradient, Tensor result, ChannelMaps maps, Span<float> weight, Span<float> bias)
    {
        var (channels, bound, kernel) = (maps.Mean.Length, (float)maps.Layer.Activation.Bound, Kernel(input));
        var (sums, products) = (new float[Blocks(input) * channels], new float[Blocks(input) * channels]);
        var (slopes, offsets) = (new float[channels], new float[channels]);
        fixed (byte* x = input.bytes, g = gradient.bytes, dx = result.bytes)
        fixed (float* scale = maps.Scale, shift = maps.Shift, mean = maps.Mean, sum = sums, product = products, slope = slopes, offset = offsets)
        {
            var (px, pg, pdx, pScale, pShift, pMean) = ((nint)x, (nint)g, (nint)dx, (nint)scale, (nint)shift, (nint)mean);
            var (pSum, pProduct, pSlope, pOffset) = ((nint)sum, (nint)product, (nint)slope, (nint)offset);
            if (maps.BatchStatistics || maps.HasParameters)
            {
                EachBlock(input, (block, from, to) => kernel.GradientSums(
                    (void*)pg, (void*)px, from, to, (float*)pScale, (float*)pShift, bound, (float*)pMean,
                    (float*)pSum + (nint)block * channels, (float*)pProduct + (nint)block * channels));
                var count = input.numel() / channels;
                for (var c = 0; c < channels; c++)
                {
                    var (total, weighted) = (Total(sums, c, channels), Total(products, c, channels));
                    weight[c] = (float)(weighted * maps.InverseDeviation[c]);
                    bias[c] = (float)total;
                    if (maps.BatchStatistics)
                    {
                        slopes[c] = (float)(-maps.Scale[c] * (double)maps.InverseDeviation[c] * maps.InverseDeviation[c] * weighted / count);
                        offsets[c] = (float)(-maps.Scale[c] * total / count);
                    }
                }
            }

            EachBlock(input, (_, from, to) => kernel.Backward(
                (void*)pg, (void*)px, (void*)pdx, from, to, (float*)pScale, (float*)pShift, bound, (float*)pMean, (float*)pSlope, (float*)pOffset));
        }
    }

    /// <summary>Mean and (biased) variance of each channel.</summary>
    private static void Statistics(Tensor input, ChannelMaps maps, double[] mean, double[] variance)
    {
        var (channels, kernel) = (mean.Length, Kernel(input));
        var count = input.numel() / channels;
        var sums = new float[Blocks(input) * channels];
        fixed (byte* x = input.bytes)
        fixed (float* sum = sums, centre = maps.Mean)
        {
            var (px, pSum, pCentre) = ((nint)x, (nint)sum, (nint)centre);
            EachBlock(input, (block, from, to) => kernel.Sum((void*)px, from, to, (float*)pSum + (nint)block * channels));
            for (var c = 0; c < channels; c++)
                maps.Mean[c] = (float)(mean[c] = Total(sums, c, channels) / count);
            Array.Clear(sums);
            EachBlock(input, (block, from, to) => kernel.SquaredDistance((void*)px, from, to, (float*)pCentre, (float*)pSum + (nint)block * channels));
            for (var c = 0; c < channels; c++)
                variance[c] = Total(sums, c, channels) / count;
        }
    }

    private static double Total(float[] blocks, int channel, int channels)
    {
        double total = 0;
        for (var i = channel; i < blocks.Length; i += channels)
            total += blocks[i];
        return total;
    }

    private static float Follow(float running, double batch) => (float)((1 - NormalizedActivation.Momentum) * running + NormalizedActivation.Momentum * batch);

    private static NormalizedActivationKernel<TElement> Kernel(Tensor rows) => new((int)rows.shape[3]);

    private static int Rows(Tensor rows) => (int)(rows.numel() / rows.shape[3]);

    private static int Blocks(Tensor rows) => (Rows(rows) + BlockRows - 1) / BlockRows;

    private static void EachBlock(Tensor map, Action<int, int, int> work)
    {
        var (rows, blocks) = (Rows(map), Blocks(map));
        var threads = map.numel() < WorthThreads ? 1 : Math.Min(blocks, get_num_threads());
        void Block(int block) => work(block, block * BlockRows, Math.Min(rows, (block + 1) * BlockRows));
        if (threads == 1)
        {
            for (var block = 0; block < blocks; block++)
                Block(block);
            return;
        }

        Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, Block);
    }
}
