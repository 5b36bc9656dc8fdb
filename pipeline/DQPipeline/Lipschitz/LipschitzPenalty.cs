using DQPipeline.Declarations;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// The Lipschitz penalty (β/2)·Σ‖FᵀF − I‖²_F over the network's linear operators F (paper equation 8), a convolution taken as cout × cin·k·k. It pulls all singular
/// values to 1, so that no layer expands the noise that an attack puts in. As a bound it is (β/2)·Σ max(s² − 1, 0)² over the singular values s instead: those
/// above 1 alone are pulled down. F is the weight W, as in the paper, or W with the batch norm after it folded in, which is what the network applies.
/// </summary>
/// <remarks>
/// <para>With F of m rows and n columns, ‖FᵀF − I_n‖² = ‖FFᵀ − I_m‖² + (n − m): the smaller of the two Gram matrices gives the same value and gradient
/// for as little as (m/n)² of the work. The gradient 2β·F(FᵀF − I) =: G is written down and not left to autograd, which would keep and
/// walk a graph for what is one product of matrices. For the bound, FFᵀ − I keeps its positive eigenvalues only.</para>
/// <para>A folded row is Fᵢ = γᵢ·rᵢ·Wᵢ/‖Wᵢ‖ with rᵢ = ‖Wᵢ‖/√(σᵢ² + ε), which is taken as a constant: σᵢ grows in proportion to ‖Wᵢ‖, so that the length of Wᵢ changes nothing of what
/// the network computes. The gradient by Wᵢ is then γᵢ/√(σᵢ² + ε) times the part of Gᵢ that is orthogonal to Wᵢ, and that by γᵢ is Gᵢ·Wᵢ/√(σᵢ² + ε). With σ as the constant instead,
/// the gradient would shrink W for ever without shrinking F, until the steps are longer than W itself: so it diverges.</para>
/// </remarks>
public sealed class LipschitzPenalty
{
    /// <summary>A limit that shortens nothing.</summary>
    internal const double NoLimit = 1e15;

    private readonly double beta;
    private readonly bool isBound;

    /// <summary>The penalty that is declared.</summary>
    /// <param name="declaration">Its β and its form; which operators it is about, and when, is decided by who calls.</param>
    internal LipschitzPenalty(LipschitzDeclaration declaration) => (beta, isBound) = (declaration.Beta, declaration.Form == "bound");

    /// <summary>The penalty's value.</summary>
    /// <param name="weights">The operators.</param>
    /// <returns>A scalar without gradient.</returns>
    internal Tensor Value(IReadOnlyList<PenalizedWeight> weights) => Walk(weights, 1, (_, _, _) => { });

    /// <summary>Adds the penalty's gradient to the <c>grad</c> of every weight and folded γ, which <c>backward</c> must have filled before.</summary>
    /// <param name="weights">The operators.</param>
    /// <param name="limit">
    /// The longest that the gradient by a γᵢ or a row Wᵢ of a folded operator may be, as a multiple of |γᵢ| or ‖Wᵢ‖; what is longer is shortened to it. The gradient grows with the fourth
    /// power of rᵢ, which jumps by an order of magnitude when the layer before is damped: a step along it could throw γᵢ far beyond 0, to where it is larger still.
    /// </param>
    /// <param name="share">The share of β that counts, from 0 to 1.</param>
    /// <returns>The penalty's value, a scalar without gradient.</returns>
    /// <exception cref="InvalidOperationException">A weight has no gradient yet.</exception>
    internal Tensor AddGradient(IReadOnlyList<PenalizedWeight> weights, double limit = NoLimit, double share = 1) => Walk(weights, share, (weight, operation, excess) =>
    {
        var gradient = Filled(weight.Weight).view(operation.shape);
        using var slope = Number.New(2 * beta * share);
        excess.mul_(slope);
        if (weight.Gamma is null)
        {
            // TorchSharp's addmm_ takes its factor as a float, so the smaller operand was scaled instead.
            _ = IsWide(operation) ? gradient.addmm_(excess, operation, beta: 1, alpha: 1) : gradient.addmm_(operation, excess, beta: 1, alpha: 1);
            return;
        }

        var matrix = weight.Matrix();
        var inverse = weight.InverseDeviation()!;
        var whole = IsWide(operation) ? excess.mm(operation) : operation.mm(excess);
        var along = whole.mul(matrix).sum(1, keepdim: true);
        var byGamma = along.mul(inverse).squeeze(1);
        Filled(weight.Gamma).add_(byGamma.mul_(Shortening(byGamma.abs(), weight.Gamma.abs(), limit)), Number.One);
        // Where a row is zero, so is what is to be taken off.
        var square = matrix.mul(matrix).sum(1, keepdim: true).clamp_min_(Number.Of(1e-30));
        var byRows = whole.sub_(matrix.mul(along.div_(square))).mul_(inverse.mul_(weight.Gamma.unsqueeze(1)));
        gradient.add_(byRows.mul_(Shortening(byRows.mul(byRows).sum(1, keepdim: true).sqrt_(), square.sqrt_(), limit)), Number.One);
    });

    /// <summary>min(1, limit·size/length), element by element. A finite limit, however large: infinity times a size of zero would be no number.</summary>
    private static Tensor Shortening(Tensor length, Tensor size, double limit)
    {
        using var factor = Number.New(limit);
        return size.mul_(factor).div_(length.clamp_min_(Number.Of(1e-30))).clamp_max_(Number.One);
    }

    private static Tensor Filled(Tensor parameter) =>
        parameter.grad ?? throw new InvalidOperationException("The penalty's gradient is added to one that backward has filled.");

    private static bool IsWide(Tensor matrix) => matrix.shape[0] <= matrix.shape[1];

    /// <summary>Sums over the operators and shows each with the part of its Gram matrix less the identity that is penalised.</summary>
    private Tensor Walk(IReadOnlyList<PenalizedWeight> weights, double share, Action<PenalizedWeight, Tensor, Tensor> visit)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sum = zeros([], dtype: weights[0].Weight.dtype, device: weights[0].Weight.device);
        foreach (var weight in weights)
        {
            using var inner = NewDisposeScope();
            var matrix = weight.Matrix();
            var operation = weight.InverseDeviation() is { } inverse ? matrix.mul(inverse.mul_(weight.Gamma!.unsqueeze(1))) : matrix;
            var excess = IsWide(operation) ? operation.mm(operation.t()) : operation.t().mm(operation);
            excess.diagonal().sub_(Number.One);
            if (isBound)
                excess = PositivePart(excess);
            sum.add_(excess.mul(excess).sum(), Number.One);
            if (!isBound && IsWide(operation))
                sum.add_(Number.Of(operation.shape[1] - operation.shape[0]), Number.One);
            visit(weight, operation, excess);
        }

        using var half = Number.New(beta * share / 2);
        return sum.mul_(half).MoveToOuterDisposeScope();
    }

    /// <summary>U·max(Λ, 0)·Uᵀ of a symmetric UΛUᵀ. Of what is not finite there are no eigenvalues, and it stays as it is, for the training to find its loss to be no number.</summary>
    private static Tensor PositivePart(Tensor symmetric)
    {
        if (!symmetric.isfinite().all().item<bool>())
            return symmetric;
        var (values, vectors) = linalg.eigh(symmetric);
        return vectors.mul(values.clamp_min(Number.Of(0))).mm(vectors.t());
    }
}
