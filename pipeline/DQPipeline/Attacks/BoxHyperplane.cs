using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// The shortest way from a point of [0,1]ⁿ onto a hyperplane within [0,1]ⁿ: min ‖d‖ subject to ⟨w, x + d⟩ = b and 0 ≤ x + d ≤ 1 (Croce and Hein 2020, "Minimally distorted adversarial examples").
/// </summary>
/// <remarks>
/// Every coordinate moves to the side that ⟨w, d⟩ needs, by min(t·uᵢ, pᵢ), with pᵢ the way to the side of the box and uᵢ = 1 in the maximum norm, |wᵢ| in the Euclidean one. What is left
/// is one number t with Σ|wᵢ|·min(t·uᵢ, pᵢ) = |b − ⟨w, x⟩|. The left side is concave and made of straight pieces, so that Newton's method climbs to it from 0 and arrives exactly, in
/// few steps and without sorting.
/// </remarks>
internal static class BoxHyperplane
{
    private const int MostSteps = 100;

    /// <summary>The way d of each image, a new tensor in the current scope; where the hyperplane does not meet the box, the way to the corner that comes closest.</summary>
    /// <param name="x">N×C×H×W in [0,1].</param>
    /// <param name="w">N×C×H×W.</param>
    /// <param name="need">b − ⟨w, x⟩ of each image, N.</param>
    /// <param name="norm">The norm of d.</param>
    public static Tensor Way(Tensor x, Tensor w, Tensor need, Norm norm)
    {
        using var scope = NewDisposeScope();
        var scale = Ball.Scale(w);
        // What is out of reach anyway need be no farther than float32 holds.
        (w, need) = (w.div(scale), need.div(scale.view(-1)).clamp_(Number.Of(-float.MaxValue), Number.Of(float.MaxValue)));
        var sign = w.mul(need.view(-1, 1, 1, 1)).sign_().flatten(1);
        var size = w.abs().flatten(1);
        // Upwards there is 1 − x of room, downwards x, and none in a coordinate that changes nothing.
        var flat = x.flatten(1);
        var room = where(sign.gt(Number.Of(0)), flat.neg().add_(Number.One, Number.One), flat).mul_(sign.abs());
        var speed = norm == Norm.Linf ? ones_like(size) : size;
        var (weight, gain) = (size.mul(room), size.mul(speed));
        var goal = need.abs().unsqueeze(1);
        var time = zeros_like(goal);
        for (var step = 0; step < MostSteps; step++)
        {
            using var inner = NewDisposeScope();
            var open = speed.mul(time).lt(room);
            var reached = weight.mul(open.logical_not()).sum(1, keepdim: true);
            var slope = gain.mul(open).sum(1, keepdim: true);
            var next = where(slope.gt(Number.Of(0)), goal.sub(reached).div_(slope), time);
            // From below, so never back: what rounding takes away ends the search.
            next = next.maximum(time).clamp_max_(Number.Of(float.MaxValue));
            var isThere = next.le(time).all().item<bool>();
            time.copy_(next);
            if (isThere)
                break;
        }

        return sign.mul_(speed.mul(time).minimum(room)).view(x.shape).MoveToOuterDisposeScope();
    }
}
