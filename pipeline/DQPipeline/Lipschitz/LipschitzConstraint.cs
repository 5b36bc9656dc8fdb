using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// Keeps the linear operators of a network from expanding more than they may, by a projection after each step of training, where <see cref="LipschitzPenalty"/> only pulls.
/// </summary>
/// <remarks>
/// <para><c>spectral</c> divides an operator by the factor by which its norm exceeds the limit (Gouk et al. 2021). The norm is that of the real convolution at its map's size, from one power iteration a step that
/// goes on from the vector of the step before (Miyato et al. 2018), so the vectors are part of the training's state. With the batch norm folded in, γ is divided and not W: σ grows with W, so that dividing W would
/// come to nothing as soon as the running deviation has followed.</para>
/// <para><c>orthogonal</c> puts the nearest matrix with orthonormal rows (or columns) in the place of the reshaped weight: the polar factor (WWᵀ)^(−1/2)·W, to which Björck's iteration converges (Björck and Bowie 1971; Anil et al.
/// 2019 train with it). By eigenvalues of the smaller Gram matrix it is exact for every W and keeps no state. The real convolution may still expand by up to k.</para>
/// </remarks>
internal sealed class LipschitzConstraint : IDisposable
{
    /// <summary>Iterations at the end of a training: one a step follows the weights closely, and the model that is kept is to be held to its limit.</summary>
    private const int LastIterations = 50;

    /// <summary>Eigenvalues below this share of the largest are numbers that rounding has left.</summary>
    private const double Nothing = 1e-12;

    private readonly List<(ConstrainedOperator Operator, Tensor? Vector)> slots = [];
    private readonly bool isSpectral;
    private readonly bool isFolded;
    private readonly double limit;

    private LipschitzConstraint(Classifier network, LipschitzDeclaration declaration, int seed)
    {
        isSpectral = declaration.Constraint == LipschitzDeclaration.Spectral;
        isFolded = declaration.Of == "folded";
        limit = declaration.Limit;
        foreach (var item in ConstrainedOperator.Of(network))
        {
            if (item.Weight is null ? !isFolded : item.Weight.dim() == 2 && !declaration.Linear)
                continue;
            var vector = isSpectral && item.Weight is { } weight
                ? PowerIteration.Start(item.Operation(null).InputShape, unchecked((seed * 1009) + slots.Count) & int.MaxValue, weight.dtype, weight.device).DetachFromDisposeScope() : null;
            slots.Add((item, vector));
        }
    }

    /// <summary>The constraint that is declared; null where there is none.</summary>
    /// <param name="network">The network, where it is trained.</param>
    /// <param name="declaration">What is declared.</param>
    /// <param name="seed">Seed of the iterations' starts.</param>
    public static LipschitzConstraint? Of(Classifier network, LipschitzDeclaration declaration, int seed) =>
        declaration.Constraint == LipschitzDeclaration.None ? null : new(network, declaration, seed);

    /// <summary>The vector of each power iteration, by the name of its layer.</summary>
    public IEnumerable<(string Name, Tensor Vector)> Vectors => slots.Where(slot => slot.Vector is not null).Select(slot => (slot.Operator.Name, slot.Vector!));

    /// <summary>Brings every operator back within its limit.</summary>
    /// <param name="share">How far the constraint has come, 0 to 1: it allows the limit divided by this, and at 0 everything. Orthonormal weights are so from the beginning or not at all.</param>
    public void Apply(double share = 1)
    {
        if (share <= 0)
            return;
        using var guard = no_grad();
        using var most = Number.New(limit / share);
        foreach (var (item, vector) in slots)
        {
            using var scope = NewDisposeScope();
            if (item.Weight is null)
                ClipGain(item, most);
            else if (isSpectral)
                Divide(item, vector!, most);
            else
                Orthonormalize(item, most);
        }
    }

    /// <summary>Ends a training.</summary>
    public void Settle()
    {
        for (var i = 0; i < (isSpectral ? LastIterations : 1); i++)
            Apply();
    }

    /// <inheritdoc/>
    public void Dispose() => slots.ForEach(slot => slot.Vector?.Dispose());

    private void Divide(ConstrainedOperator item, Tensor vector, Scalar most)
    {
        var gain = isFolded && item.Norm is { } norm ? norm.Weight.div(item.Deviation()) : null;
        var excess = PowerIteration.Step(item.Operation(gain), vector).div_(most).clamp_min_(Number.One);
        (gain is null ? item.Weight! : item.Norm!.Weight).div_(excess);
    }

    private void Orthonormalize(ConstrainedOperator item, Scalar most)
    {
        var folded = isFolded && item.Norm is not null;
        var polar = Polar(item.Weight!.reshape(item.Weight!.shape[0], -1).to(ScalarType.Float64));
        // With a batch norm behind it, W sets the directions alone, and γ/σ the lengths.
        item.Weight!.copy_((folded ? polar : polar.mul_(Number.Of(limit))).reshape(item.Weight!.shape));
        if (folded)
            ClipGain(item, most);
    }

    /// <summary>Brings |γ| down to the limit times √(σ² + ε), channel by channel.</summary>
    private static void ClipGain(ConstrainedOperator item, Scalar most)
    {
        var largest = item.Deviation().mul_(most);
        item.Norm!.Weight.copy_(item.Norm.Weight.minimum(largest).maximum(largest.neg()));
    }

    /// <summary>UVᵀ of W = USVᵀ. Directions that W does not have stay out. What is not finite stays as it is, for the training to find.</summary>
    private static Tensor Polar(Tensor matrix)
    {
        if (!matrix.isfinite().all().item<bool>())
            return matrix;
        var isWide = matrix.shape[0] <= matrix.shape[1];
        var (values, vectors) = linalg.eigh(isWide ? matrix.mm(matrix.t()) : matrix.t().mm(matrix));
        var least = values.max().mul_(Number.Of(Nothing));
        var inverse = where(values.gt(least), values.clamp_min(Number.Of(1e-300)).rsqrt(), zeros_like(values));
        var root = vectors.mul(inverse).mm(vectors.t());
        return isWide ? root.mm(matrix) : matrix.mm(root);
    }
}
