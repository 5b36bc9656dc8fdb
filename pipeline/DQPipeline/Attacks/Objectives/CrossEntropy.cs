using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>log Σ_{j≠y} exp zⱼ − z_y, of which the cross entropy is the growing function log(1 + exp ·): it orders perturbations alike, and leads the same way.</summary>
/// <remarks>
/// ∇L = Σⱼ pⱼ∇zⱼ − ∇z_y = (1 − p_y)·(Σ_{j≠y} qⱼ∇zⱼ − ∇z_y), with q the softmax over the wrong classes alone. The factor is positive and the same for all pixels of an image; sign and
/// direction need only the bracket, which is this objective's gradient. That matters: float32 rounds p_y to 1 once the margin passes 17, from where the textbook gradient
/// first loses its ∇z_y and then vanishes, and confident networks look robust that are not. The bracket never saturates.
/// </remarks>
internal sealed class CrossEntropy : Objective
{
    public override Tensor Value(Tensor logits, Tensor classes, Tensor? targets) =>
        Wrong(logits, classes).logsumexp(1).sub(logits.gather(1, classes.unsqueeze(1)).squeeze(1));

    public override Tensor Slope(Tensor logits, Tensor classes, Tensor? targets) =>
        Wrong(logits, classes).softmax(1).scatter_(1, classes.unsqueeze(1), full_like(classes.unsqueeze(1), Number.Of(-1), dtype: logits.dtype));

    private static Tensor Wrong(Tensor logits, Tensor classes)
    {
        var index = classes.unsqueeze(1);
        return logits.scatter(1, index, full_like(index, Number.Of(double.NegativeInfinity), dtype: logits.dtype));
    }
}
