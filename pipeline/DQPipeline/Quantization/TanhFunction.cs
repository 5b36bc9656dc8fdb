using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Quantization;

/// <summary>
/// y = 2·round((2^b − 1)·(tanh(x) + 1)/2)/(2^b − 1) − 1, the quantizer of Rakin et al. 2018, with the gradient of tanh: that of the rounding passes
/// straight through. A baseline and no defence (paper A.1): where tanh saturates its gradient vanishes, which hides the way from attacks that follow
/// it. Such a network looks robust under white-box attacks and falls to those made on another network.
/// </summary>
/// <remarks>What is saved is tanh(x), from which its gradient 1 − tanh² follows.</remarks>
internal sealed class TanhFunction : autograd.SingleTensorFunction<TanhFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(TanhFunction);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, activation) = ((Tensor)vars[0], (BoundedActivation)vars[1]);
        var tanh = x.tanh();
        ctx.save_for_backward([tanh]);
        return activation.Quantize(tanh.clone());
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var tanh = ctx.get_saved_variables()[0];
        // g − g·t², in two passes.
        return [grad_output.addcmul(grad_output.mul(tanh), tanh, Number.Of(-1)).MoveToOuterDisposeScope(), null!];
    }
}
