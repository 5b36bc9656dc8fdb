using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>
/// The difference of logits ratio (Croce and Hein 2020, equation 6): −(z_y − max_{j≠y} zⱼ)/(z_π1 − z_π3), with π the order of the logits from the greatest. It does not change when
/// all logits are shifted or scaled, so that no network hides behind great logits.
/// </summary>
internal sealed class LogitsRatio : Objective
{
    /// <summary>What keeps the denominator from 0.</summary>
    internal const double Least = 1e-12;

    public override int LeastClasses => 3;

    public override Tensor Value(Tensor logits, Tensor classes, Tensor? targets)
    {
        var (first, third) = Ends(logits);
        return new Margin().Value(logits, classes, null).div(Spread(logits, first, third));
    }

    public override Tensor Slope(Tensor logits, Tensor classes, Tensor? targets)
    {
        var margin = new Margin();
        var (first, third) = Ends(logits);
        var spread = Spread(logits, first, third).unsqueeze(1);
        var quotient = margin.Value(logits, classes, null).unsqueeze(1).div(spread);
        // (m/s)′ = (m′ − (m/s)·s′)/s
        var bySpread = zeros_like(logits)
            .scatter_(1, third, full_like(third, Number.Of(-1), dtype: logits.dtype))
            .scatter_(1, first, full_like(first, Number.One, dtype: logits.dtype));
        return margin.Slope(logits, classes, null).sub_(bySpread.mul_(quotient)).div_(spread);
    }

    private static (Tensor First, Tensor Third) Ends(Tensor logits)
    {
        var order = logits.topk(3, 1).indexes;
        return (order.narrow(1, 0, 1), order.narrow(1, 2, 1));
    }

    private static Tensor Spread(Tensor logits, Tensor first, Tensor third) =>
        logits.gather(1, first).sub(logits.gather(1, third)).squeeze(1).add_(Number.Of(Least), Number.One);
}
