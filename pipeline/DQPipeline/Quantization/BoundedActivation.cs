using DQPipeline.Declarations;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Quantization;

/// <summary>
/// A ReLU that is bounded above, followed by a uniform quantizer with straight-through gradient (paper section 2.1):
/// y = x̂ + stop_gradient(Quantize(x̂) − x̂) with x̂ = min(max(x, 0), bound). The levels are k·bound/(2^b − 1) for k = 0 … 2^b − 1;
/// a value half-way between two goes to the even k. Or tanh, the baseline of the paper's A.1, in their place (<see cref="TanhFunction"/>).
/// </summary>
/// <remarks>
/// The gradient of the bounded ReLUs is 1 for 0 &lt; x &lt; bound and 0 elsewhere, at both ends as well: so the reference implementations of ReLU6 have it.
/// </remarks>
public sealed class BoundedActivation
{
    /// <summary>The activation that <paramref name="declaration"/> describes.</summary>
    /// <exception cref="DqException">DQ1004: the kind is unknown, or the bits are neither 1 to 8 nor 32.</exception>
    public BoundedActivation(ActivationDeclaration declaration)
    {
        if (ActivationNames.Complaint(declaration.Kind) is { } complaint)
            throw new DqException(DiagnosticCodes.OutOfRange, $"The activation: {complaint}.");
        if (declaration.Bits is not (>= 1 and <= 8 or ActivationDeclaration.FullPrecision))
            throw new DqException(DiagnosticCodes.OutOfRange, $"{declaration.Bits} are no bits of an activation. Use 1 to 8, or {ActivationDeclaration.FullPrecision} for full precision.");
        IsRectified = ActivationNames.IsRectified(declaration.Kind);
        LowerBound = declaration.LowerBound;
        Bound = declaration.Bound;
        Steps = declaration.IsQuantized ? (1 << declaration.Bits) - 1 : 0;
    }

    /// <summary>Whether it is a bounded ReLU, which clips to [0, <see cref="Bound"/>], and not tanh.</summary>
    public bool IsRectified { get; }

    /// <summary>The lower end of the range: 0 of the bounded ReLUs, −1 of tanh.</summary>
    public double LowerBound { get; }

    /// <summary>The upper end of the range.</summary>
    public double Bound { get; }

    /// <summary>Steps between the lowest and the highest level, 2^b − 1; 0 in full precision.</summary>
    public int Steps { get; }

    /// <summary>What the activation lets through backwards. An attack may set it for the time that it takes; training never does. The default is <see cref="BackwardPass.Clipped"/>.</summary>
    internal BackwardPass Backward { get; set; }

    /// <summary>Clips, or takes the tanh, and quantizes.</summary>
    /// <param name="x">Any shape, float32 or float64. It is left as it is.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public Tensor Apply(Tensor x)
    {
        if (Backward != BackwardPass.Clipped && is_grad_enabled())
        {
            using var outer = NewDisposeScope();
            return SurrogateFunction.apply(x, this).MoveToOuterDisposeScope();
        }

        if (!IsRectified && Steps == 0)
            return x.tanh();
        if (Bound == 6)
        {
            // The free straight-through estimator: the gradient of relu6 reads its input and not its result, which may so be quantized in place.
            var y = nn.functional.relu6(x);
            using var guard = no_grad();
            return Quantize(y);
        }

        // TorchSharp's functions leave handles of their own behind, each of which would hold an activation until some collection.
        using var scope = NewDisposeScope();
        return (IsRectified ? BoundedActivationFunction.apply(x, this) : TanhFunction.apply(x, this)).MoveToOuterDisposeScope();
    }

    /// <summary>The values alone, a new tensor.</summary>
    internal Tensor Values(Tensor x) => Quantize(IsRectified ? x.clamp(Number.Of(0), Number.Of(Bound)) : x.tanh());

    /// <summary>Rounds values within the range to the levels, in place.</summary>
    internal Tensor Quantize(Tensor bounded)
    {
        if (Steps == 0)
            return bounded;
        var range = Bound - LowerBound;
        if (LowerBound == 0)
            return bounded.mul_(Number.Of(Steps / range)).round_().mul_(Number.Of(range / Steps));
        return bounded.sub_(Number.Of(LowerBound)).mul_(Number.Of(Steps / range)).round_().mul_(Number.Of(range / Steps)).add_(Number.Of(LowerBound), Number.One);
    }
}

/// <summary>
/// The activation for autograd, where torch has no operator with the gradient that is wanted (clamp has 1 at its ends; TorchSharp's hardtanh
/// returns its input). What is saved is x: no further tensor is kept.
/// </summary>
internal sealed class BoundedActivationFunction : autograd.SingleTensorFunction<BoundedActivationFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(BoundedActivationFunction);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, activation) = ((Tensor)vars[0], (BoundedActivation)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data(nameof(BoundedActivation.Bound), activation.Bound);
        return activation.Values(x);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var bound = (double)ctx.get_data(nameof(BoundedActivation.Bound));
        using var scope = NewDisposeScope();
        var x = ctx.get_saved_variables()[0];
        var inside = x.gt(Number.Of(0)).logical_and(x.lt(Number.Of(bound)));
        return [grad_output.mul(inside).MoveToOuterDisposeScope(), null!];
    }
}
