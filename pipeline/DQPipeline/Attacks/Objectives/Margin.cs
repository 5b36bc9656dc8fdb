using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>max_{j≠y} zⱼ − z_y, the margin of Carlini and Wagner 2017 without its cut: above 0 where the image is misclassified, and blind to how sure the network is.</summary>
internal sealed class Margin : Objective
{
    public override Tensor Value(Tensor logits, Tensor classes, Tensor? targets) =>
        logits.gather(1, Rivals(logits, classes).unsqueeze(1)).sub(logits.gather(1, classes.unsqueeze(1))).squeeze(1);

    public override Tensor Slope(Tensor logits, Tensor classes, Tensor? targets) => Between(logits, classes, Rivals(logits, classes));

    /// <summary>The wrong class with the highest logit, int64 N.</summary>
    public static Tensor Rivals(Tensor logits, Tensor classes)
    {
        var index = classes.unsqueeze(1);
        return logits.scatter(1, index, full_like(index, Number.Of(double.NegativeInfinity), dtype: logits.dtype)).argmax(1);
    }

    /// <summary>The slope of z_rival − z_y, N×K.</summary>
    public static Tensor Between(Tensor logits, Tensor classes, Tensor rivals)
    {
        var (own, other) = (classes.unsqueeze(1), rivals.unsqueeze(1));
        return zeros_like(logits)
            .scatter_(1, own, full_like(own, Number.Of(-1), dtype: logits.dtype))
            .scatter_(1, other, full_like(other, Number.One, dtype: logits.dtype));
    }
}
