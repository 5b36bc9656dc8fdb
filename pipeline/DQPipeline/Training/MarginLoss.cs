using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// The multi-class hinge Σ_{j≠y} max(0, κ − (z_y − z_j)/‖w_y − w_j‖) of Weston and Watkins 1999, on margins as distances: the quotient is how far the features before the linear layer lie from where class j would take
/// over, whatever the length of the weights is. Divided by the Lipschitz constant of the features it is the certified radius (<see cref="Lipschitz.Certificate"/>). Means over the images.
/// </summary>
internal static class MarginLoss
{
    /// <summary>The loss, a scalar with gradients by logits and weights.</summary>
    /// <param name="logits">N×K.</param>
    /// <param name="labels">int64 N.</param>
    /// <param name="weight">K×C, the linear layer's.</param>
    /// <param name="margin">κ, the distance from where on a margin costs nothing, above 0.</param>
    public static Tensor Of(Tensor logits, Tensor labels, Tensor weight, double margin)
    {
        using var scope = NewDisposeScope();
        var difference = weight.unsqueeze(0).sub(weight.unsqueeze(1));
        // The root has no derivative at 0, where a class meets itself; that entry is masked below.
        var distances = difference.mul(difference).sum(2).add(eye(weight.shape[0], dtype: weight.dtype, device: weight.device), Number.One).clamp_min(Number.Of(1e-12)).sqrt();
        var own = labels.unsqueeze(1);
        using var wanted = Number.New(margin);
        var missing = logits.gather(1, own).sub(logits).div(distances.index_select(0, labels)).neg().add(wanted, Number.One).clamp_min(Number.Of(0));
        var others = ones_like(logits).scatter(1, own, zeros_like(own, dtype: logits.dtype));
        return missing.mul(others).sum(1).mean().MoveToOuterDisposeScope();
    }
}
