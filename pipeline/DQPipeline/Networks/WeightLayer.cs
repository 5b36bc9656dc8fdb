using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>A convolution or linear layer, as the penalty, folding and export see it.</summary>
/// <param name="Name">The layer's name in the model file; its weight is <c>NAME.weight</c>.</param>
/// <param name="Weight">float32 cout×cin×k×k of a convolution, cout×cin of a linear layer. The parameter itself, not a copy.</param>
/// <param name="Norm">The batch norm that follows directly, with an activation after it or alone, and so can be folded into the weight; null where something stands between or nothing follows.</param>
public sealed record WeightLayer(string Name, Tensor Weight, BatchNormalization? Norm)
{
    /// <summary>The same layer under its name in the network that holds <paramref name="block"/>.</summary>
    internal WeightLayer Within(string block) => this with { Name = $"{block}.{Name}" };
}
