using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Quantization;

/// <summary>The stand-ins for an activation's gradient: <see cref="BackwardPass.Straight"/> and <see cref="BackwardPass.Smooth"/>.</summary>
internal static class Surrogate
{
    /// <summary>Bound over the width τ of the smooth box's edges.</summary>
    private const double Sharpness = 10;

    /// <summary>The gradient by x from that by the activation's value, a new tensor in the current scope.</summary>
    public static Tensor Gradient(Tensor gradient, Tensor x, BoundedActivation activation, BackwardPass backward)
    {
        if (backward == BackwardPass.Straight)
            return gradient.clone();
        using var scope = NewDisposeScope();
        return gradient.mul(activation.IsRectified ? Box(x, activation.Bound) : x.abs().add_(Number.One, Number.One).pow_(Number.Of(-2))).MoveToOuterDisposeScope();
    }

    private static Tensor Box(Tensor x, double bound)
    {
        var widths = x.mul(Number.Of(Sharpness / bound));
        return widths.sigmoid().mul_(widths.neg().add_(Number.Of(Sharpness), Number.One).sigmoid_());
    }
}
