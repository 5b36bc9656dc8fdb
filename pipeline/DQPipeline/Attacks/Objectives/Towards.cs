using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>z_t − z_y towards a given wrong class t: what FAB-T makes linear.</summary>
internal sealed class Towards : Objective
{
    public override bool IsTargeted => true;

    public override Tensor Value(Tensor logits, Tensor classes, Tensor? targets) =>
        logits.gather(1, targets!.unsqueeze(1)).sub(logits.gather(1, classes.unsqueeze(1))).squeeze(1);

    public override Tensor Slope(Tensor logits, Tensor classes, Tensor? targets) => Margin.Between(logits, classes, targets!);
}
