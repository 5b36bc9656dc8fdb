using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// The Euclidean projection onto the simplex {p : Σp = 1, p ≥ 0}, which ends a step on the coefficients of convex residual sums (Parseval networks: Cisse et al.
/// 2017; paper section 4).
/// </summary>
/// <remarks>
/// The nearest point is max(v − θ, 0) with θ = (Σ of the k largest v − 1)/k for the right k (Duchi et al. 2008). As a function of k that quotient rises as
/// long as the next largest v lies above it, and falls from there on: θ is its maximum, and an accelerator need not be asked which k it was.
/// </remarks>
internal static class SimplexProjection
{
    /// <summary>Moves a point to the nearest one of the simplex, in place. What is no number stays none.</summary>
    /// <param name="point">One-dimensional, not empty.</param>
    public static void Project(Tensor point)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        // In float64: far from the simplex the difference of two large float32 numbers would miss it by more than their last bit.
        var exact = point.to(ScalarType.Float64);
        var (descending, _) = exact.sort(dim: 0, descending: true);
        var counts = ones(point.shape[0], dtype: ScalarType.Float64, device: point.device).cumsum(0);
        var threshold = descending.cumsum(0).sub_(Number.One).div_(counts).amax([0]);
        point.copy_(exact.sub(threshold).clamp_min_(Number.Of(0)));
    }
}
