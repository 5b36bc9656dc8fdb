using DQPipeline.Data;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>What the backward pass needs of the forward one, per channel: z = Scale·x + Shift is the normalised value.</summary>
internal sealed record ChannelMaps(NormalizedActivation Layer, bool BatchStatistics, float[] Mean, float[] InverseDeviation, float[] Scale, float[] Shift);

/// <summary>
/// <see cref="NormalizedActivation"/> on the processor, fused (<see cref="NormalizedActivationKernel"/>), with its gradient. It keeps the layer's input
/// for the backward pass and nothing else of that size; torch's own operators keep the normalised map as well.
/// </summary>
internal sealed class NormalizedActivationFunction : autograd.SingleTensorFunction<NormalizedActivationFunction>
{
    /// <summary>Below this many values a second thread costs more than it brings.</summary>
    private const int WorthThreads = 1 << 15;

    /// <inheritdoc/>
    public override string Name => nameof(NormalizedActivationFunction);

    /// <summary>Whether the fused form can be used: float32 on the processor.</summary>
    public static bool Takes(Tensor input) => input.device_type == TorchSharp.DeviceType.CPU && input.dtype == ScalarType.Float32 && input.dim() == 4;

    /// <summary>The layer's output, with its gradient where one is wanted.</summary>
    public static Tensor Run(Tensor input, NormalizedActivation layer)
    {
        // TorchSharp's functions leave handles of their own behind, each of which would hold a feature map until some collection.
        using var scope = NewDisposeScope();
        var needsGraph = is_grad_enabled() && (input.requires_grad || layer.Weight.requires_grad || layer.Bias.requires_grad);
        var output = needsGraph ? apply(input, layer.Weight, layer.Bias, layer) : Forward(input.contiguous(), layer).Output;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = ((Tensor)vars[0]).contiguous();
        var (output, maps) = Forward(input, (NormalizedActivation)vars[3]);
        ctx.save_for_backward([input]);
        ctx.save_data(nameof(ChannelMaps), maps);
        return output;
    }

    /// <inheritdoc/>
    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var maps = (ChannelMaps)ctx.get_data(nameof(ChannelMaps));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (input, gradient) = (ctx.get_saved_variables()[0], grad_output.contiguous());
        var (result, weight, bias) = (empty_like(input), empty_like(maps.Layer.Weight), empty_like(maps.Layer.Bias));
        var bound = (float)maps.Layer.Activation.Bound;
        var kernel = Kernel(input);
        fixed (float* x = PixelConversion.Memory<float>(input), g = PixelConversion.Memory<float>(gradient), dx = PixelConversion.Memory<float>(result))
        fixed (float* dWeight = PixelConversion.Memory<float>(weight), dBias = PixelConversion.Memory<float>(bias))
        {
            var (px, pg, pdx, pw, pb) = ((nint)x, (nint)g, (nint)dx, (nint)dWeight, (nint)dBias);
            EachChannel(input, c =>
            {
                var (scale, shift, mean) = (maps.Scale[c], maps.Shift[c], maps.Mean[c]);
                var (sum, product) = kernel.GradientSums((float*)pg, (float*)px, c, scale, shift, bound, mean);
                ((float*)pw)[c] = (float)(product * maps.InverseDeviation[c]);
                ((float*)pb)[c] = (float)sum;
                // The batch's own mean and deviation move with each value; running ones do not.
                var (slope, offset) = maps.BatchStatistics
                    ? (-scale * maps.InverseDeviation[c] * maps.InverseDeviation[c] * product / kernel.Count, -scale * sum / kernel.Count)
                    : (0, 0);
                kernel.Backward((float*)pg, (float*)px, (float*)pdx, c, scale, shift, bound, mean, (float)slope, (float)offset);
            });
        }

        return [result.MoveToOuterDisposeScope(), weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope(), null!];
    }

    private static unsafe (Tensor Output, ChannelMaps Maps) Forward(Tensor input, NormalizedActivation layer)
    {
        var channels = (int)input.shape[1];
        var maps = new ChannelMaps(layer, layer.training, new float[channels], new float[channels], new float[channels], new float[channels]);
        var output = empty_like(input, requires_grad: false);
        var (bound, steps, kernel) = ((float)layer.Activation.Bound, layer.Activation.Steps, Kernel(input));
        fixed (float* x = PixelConversion.Memory<float>(input), y = PixelConversion.Memory<float>(output))
        fixed (float* weight = PixelConversion.Memory<float>(layer.Weight), bias = PixelConversion.Memory<float>(layer.Bias))
        fixed (float* means = PixelConversion.Memory<float>(layer.RunningMean), variances = PixelConversion.Memory<float>(layer.RunningVariance))
        {
            var (px, py, pw, pb, pm, pv) = ((nint)x, (nint)y, (nint)weight, (nint)bias, (nint)means, (nint)variances);
            EachChannel(input, c =>
            {
                double mean = ((float*)pm)[c], variance = ((float*)pv)[c];
                if (maps.BatchStatistics)
                {
                    (mean, variance) = kernel.Statistics((float*)px, c);
                    ((float*)pm)[c] = Follow(((float*)pm)[c], mean);
                    ((float*)pv)[c] = Follow(((float*)pv)[c], variance * kernel.Count / Math.Max(1, kernel.Count - 1));
                }

                var inverse = 1 / Math.Sqrt(variance + NormalizedActivation.Epsilon);
                var scale = ((float*)pw)[c] * inverse;
                (maps.Mean[c], maps.InverseDeviation[c]) = ((float)mean, (float)inverse);
                (maps.Scale[c], maps.Shift[c]) = ((float)scale, (float)(((float*)pb)[c] - mean * scale));
                kernel.Forward((float*)px, (float*)py, c, maps.Scale[c], maps.Shift[c], bound, steps);
            });
        }

        return (output, maps);
    }

    private static float Follow(float running, double batch) => (float)((1 - NormalizedActivation.Momentum) * running + NormalizedActivation.Momentum * batch);

    private static NormalizedActivationKernel Kernel(Tensor map) => new((int)map.shape[0], (int)map.shape[1], (int)(map.shape[2] * map.shape[3]));

    private static void EachChannel(Tensor map, Action<int> work)
    {
        var channels = (int)map.shape[1];
        var threads = map.numel() < WorthThreads ? 1 : get_num_threads();
        if (threads == 1)
        {
            for (var c = 0; c < channels; c++)
                work(c);
            return;
        }

        Parallel.For(0, channels, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
    }
}
