using DQPipeline.Data;
using DQPipeline.Native;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// <see cref="NormalizedActivation"/> on the processor, fused (<see cref="NormalizedActivationKernel{TElement}"/>), with its gradient. It keeps the layer's input
/// for the backward pass and nothing else of that size; torch's own operators keep the normalised map as well.
/// </summary>
internal sealed class NormalizedActivationFunction : autograd.SingleTensorFunction<NormalizedActivationFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(NormalizedActivationFunction);

    /// <summary>Whether the fused form can be used: float32 or bfloat16 maps on the processor, of less than 2 GiB, which is what a span holds.</summary>
    public static bool Takes(Tensor input) =>
        input.device_type == TorchSharp.DeviceType.CPU && input.dtype is ScalarType.Float32 or ScalarType.BFloat16 && input.dim() == 4
        && input.numel() * input.element_size() <= int.MaxValue;

    /// <summary>The layer's output, with its gradient where one is wanted.</summary>
    public static Tensor Run(Tensor input, NormalizedActivation layer)
    {
        // TorchSharp's functions leave handles of their own behind, each of which would hold a feature map until some collection.
        using var scope = NewDisposeScope();
        var needsGraph = is_grad_enabled() && (input.requires_grad || layer.Weight.requires_grad || layer.Bias.requires_grad);
        var output = needsGraph ? apply(input, layer.Weight, layer.Bias, layer) : Forward(ChannelsLast.Rows(input), layer).Output;
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var rows = ChannelsLast.Rows((Tensor)vars[0]);
        var (output, maps) = Forward(rows, (NormalizedActivation)vars[3]);
        ctx.save_for_backward([rows]);
        ctx.save_data(nameof(ChannelMaps), maps);
        return output;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var maps = (ChannelMaps)ctx.get_data(nameof(ChannelMaps));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (input, gradient) = (ctx.get_saved_variables()[0], ChannelsLast.Rows(grad_output));
        if (maps.Backward != BackwardPass.Clipped)
            return [ChannelsLast.Map(StandIn(input, gradient, maps)).MoveToOuterDisposeScope(), null!, null!, null!];
        var result = empty_like(input);
        var (weight, bias) = (empty_like(maps.Layer.Weight), empty_like(maps.Layer.Bias));
        if (input.dtype == ScalarType.BFloat16)
            NormalizedActivationPasses<BFloat16Element>.Backward(input, gradient.to(ScalarType.BFloat16), result, maps, Numbers(weight), Numbers(bias));
        else
            NormalizedActivationPasses<Float32Element>.Backward(input, gradient, result, maps, Numbers(weight), Numbers(bias));
        if (!maps.HasParameters)
            return [ChannelsLast.Map(result).MoveToOuterDisposeScope(), null!, null!, null!];
        return [ChannelsLast.Map(result).MoveToOuterDisposeScope(), weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope(), null!];
    }

    /// <summary>The gradient by the input of a frozen network's layer, where an attack takes another for the activation's.</summary>
    private static Tensor StandIn(Tensor input, Tensor gradient, ChannelMaps maps)
    {
        var scale = tensor(maps.Scale);
        var normalized = tensor(maps.Shift).addcmul(input, scale, Number.One);
        return Surrogate.Gradient(gradient, normalized, maps.Layer.Activation, maps.Backward).mul_(scale);
    }

    private static (Tensor Output, ChannelMaps Maps) Forward(Tensor rows, NormalizedActivation layer)
    {
        var maps = new ChannelMaps(layer, (int)rows.shape[3]);
        var output = empty_like(rows, requires_grad: false);
        if (rows.dtype == ScalarType.BFloat16)
            NormalizedActivationPasses<BFloat16Element>.Forward(rows, output, maps);
        else
            NormalizedActivationPasses<Float32Element>.Forward(rows, output, maps);
        return (ChannelsLast.Map(output), maps);
    }

    private static Span<float> Numbers(Tensor tensor) => PixelConversion.Memory<float>(tensor);
}
