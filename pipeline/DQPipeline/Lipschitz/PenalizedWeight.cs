using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// A linear operator that the penalty is about: a weight matrix W of m rows, or the operator diag(γ/√(σ² + ε))·W that W becomes where the batch norm
/// after it is folded in.
/// </summary>
/// <param name="Weight">float32 or float64, m×n or m×cin×k×k.</param>
/// <param name="Gamma">γ of the batch norm that is folded in, of m values; null for W alone.</param>
/// <param name="Variance">σ², of m values; null exactly where γ is.</param>
internal sealed record PenalizedWeight(Tensor Weight, Tensor? Gamma = null, Tensor? Variance = null)
{
    /// <summary>The operators of a network's layers.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="folded">Whether batch norms that directly follow a weight are folded in.</param>
    /// <param name="linear">Whether linear layers are among them, or only convolutions.</param>
    public static IReadOnlyList<PenalizedWeight> Of(IEnumerable<WeightLayer> layers, bool folded, bool linear = true) =>
        [.. layers.Where(layer => linear || layer.Weight.dim() > 2).Select(layer => folded && layer.Norm is { } norm ? new PenalizedWeight(layer.Weight, norm.Weight, norm.RunningVariance) : new PenalizedWeight(layer.Weight))];

    /// <summary>W as m×n, sharing memory with the weight.</summary>
    public Tensor Matrix() => Weight.view(Weight.shape[0], -1);

    /// <summary>1/√(σ² + ε) as m×1; null where nothing is folded in.</summary>
    public Tensor? InverseDeviation() => Variance?.add(Number.Of(BatchNormalization.Epsilon), Number.One).rsqrt_().unsqueeze(1);
}
