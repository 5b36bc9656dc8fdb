using static TorchSharp.torch;

namespace DQPipeline.Attacks.Objectives;

/// <summary>
/// What an attack raises: a number for each image that grows with how wrong the network is about it. Its slope is given by the logits, from where autograd leads it back to
/// the image; so no attack depends on how autograd would take a maximum apart, or on a loss that float32 rounds away.
/// </summary>
/// <remarks>All tensors are of N images: logits float32 N×K, classes and targets int64 N. Results belong to the current scope and have no graph.</remarks>
internal abstract class Objective
{
    /// <summary>Classes below which the objective has no meaning.</summary>
    public virtual int LeastClasses => 2;

    /// <summary>Whether it leads towards a given wrong class.</summary>
    public virtual bool IsTargeted => false;

    /// <summary>N values, greater where the network is more wrong.</summary>
    public abstract Tensor Value(Tensor logits, Tensor classes, Tensor? targets);

    /// <summary>∂value/∂logits, N×K.</summary>
    public abstract Tensor Slope(Tensor logits, Tensor classes, Tensor? targets);
}
