using DQPipeline.Data;
using static TorchSharp.torch;

namespace DQPipeline.Defenses;

/// <summary>The 2×2 median filter on the processor (<see cref="MedianKernel"/>), with its gradient. What is saved is the image.</summary>
/// <remarks>One thread is enough: it takes a thousandth of the time of the network behind it.</remarks>
internal sealed class MedianFunction : autograd.SingleTensorFunction<MedianFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(MedianFunction);

    /// <summary>Whether the fused form can be used: float32 on the processor.</summary>
    public static bool Takes(Tensor images) => images.device_type == TorchSharp.DeviceType.CPU && images.dtype == ScalarType.Float32 && images.dim() == 4;

    /// <summary>The filtered images, with their gradient where one is wanted.</summary>
    public static Tensor Run(Tensor images)
    {
        // TorchSharp's functions leave handles of their own behind.
        using var scope = NewDisposeScope();
        var output = is_grad_enabled() && images.requires_grad ? apply(images) : Forward(images.contiguous());
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var images = ((Tensor)vars[0]).contiguous();
        ctx.save_for_backward([images]);
        return Forward(images);
    }

    /// <inheritdoc/>
    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (images, gradient) = (ctx.get_saved_variables()[0], grad_output.contiguous());
        var result = zeros_like(images);
        var (kernel, planes, size) = Planes(images);
        fixed (float* x = PixelConversion.Memory<float>(images), g = PixelConversion.Memory<float>(gradient), dx = PixelConversion.Memory<float>(result))
        {
            for (var plane = 0; plane < planes; plane++)
                kernel.Backward(g + (plane * size), x + (plane * size), dx + (plane * size));
        }

        return [result.MoveToOuterDisposeScope()];
    }

    private static unsafe Tensor Forward(Tensor images)
    {
        var output = empty_like(images, requires_grad: false);
        var (kernel, planes, size) = Planes(images);
        fixed (float* x = PixelConversion.Memory<float>(images), y = PixelConversion.Memory<float>(output))
        {
            for (var plane = 0; plane < planes; plane++)
                kernel.Forward(x + (plane * size), y + (plane * size));
        }

        return output;
    }

    private static (MedianKernel Kernel, long Planes, long Size) Planes(Tensor images)
    {
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        return (new MedianKernel(height, width), images.shape[0] * images.shape[1], (long)height * width);
    }
}
