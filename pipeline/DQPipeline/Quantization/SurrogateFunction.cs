using static TorchSharp.torch;

namespace DQPipeline.Quantization;

/// <summary>An activation whose values are its own and whose gradient is that of a stand-in (<see cref="Surrogate"/>).</summary>
internal sealed class SurrogateFunction : autograd.SingleTensorFunction<SurrogateFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(SurrogateFunction);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, activation) = ((Tensor)vars[0], (BoundedActivation)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data(nameof(BoundedActivation), activation);
        ctx.save_data(nameof(BackwardPass), activation.Backward);
        return activation.Values(x);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var (activation, backward) = ((BoundedActivation)ctx.get_data(nameof(BoundedActivation)), (BackwardPass)ctx.get_data(nameof(BackwardPass)));
        return [Surrogate.Gradient(grad_output, ctx.get_saved_variables()[0], activation, backward).MoveToOuterDisposeScope(), null!];
    }
}
