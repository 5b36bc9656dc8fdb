using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>
/// The targeted difference of logits ratio (Croce and Hein 2020, equation 7): −(z_y − z_t)/(z_π1 − (z_π3 + z_π4)/2), with π the order of the logits from the greatest.
/// </summary>
internal sealed class TargetedLogitsRatio : Objective
{
    private static readonly Towards s_towards = new();

    public override int LeastClasses => 4;

    public override bool IsTargeted => true;

    public override Tensor Value(Tensor logits, Tensor classes, Tensor? targets) =>
        s_towards.Value(logits, classes, targets).div(Spread(logits, logits.topk(4, 1).indexes));

    public override Tensor Slope(Tensor logits, Tensor classes, Tensor? targets)
    {
        var order = logits.topk(4, 1).indexes;
        var spread = Spread(logits, order).unsqueeze(1);
        var quotient = s_towards.Value(logits, classes, targets).unsqueeze(1).div(spread);
        var (first, others) = (order.narrow(1, 0, 1), order.narrow(1, 2, 2));
        var bySpread = zeros_like(logits)
            .scatter_(1, others, full_like(others, Number.Of(-0.5), dtype: logits.dtype))
            .scatter_(1, first, full_like(first, Number.One, dtype: logits.dtype));
        return s_towards.Slope(logits, classes, targets).sub_(bySpread.mul_(quotient)).div_(spread);
    }

    private static Tensor Spread(Tensor logits, Tensor order) =>
        logits.gather(1, order.narrow(1, 0, 1)).sub(logits.gather(1, order.narrow(1, 2, 2)).mean([1], keepdim: true)).squeeze(1).add_(Number.Of(LogitsRatio.Least), Number.One);
}
