using DQPipeline.Declarations;
using DQPipeline.Onnx.Graphs;

namespace DQPipeline.Networks;

/// <summary>All that is needed to build a network again, as it stands in a model file's metadata.</summary>
/// <param name="Network"><c>vgg-s</c>, <c>vgg-16</c>, <c>resnet-18</c>, <c>wrn-D-K</c>, or a list of layers (<see cref="LayerList"/>).</param>
/// <param name="Activation">The activation and its quantizer.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="Labels">Class names in the order of the logits.</param>
public sealed record NetworkDescription(
    string Network, ActivationDeclaration Activation, int Channels, int Height, int Width, IReadOnlyList<string> Labels)
{
    /// <summary>
    /// What is subtracted from an image in [0,1] inside the network: 128/255, so that an unsigned byte with zero point 128 holds the
    /// centred image exactly and zero padding after it is padding with the byte 128.
    /// </summary>
    public const double InputMean = LayerGraph.InputMean;

    /// <summary>By what the centred image is multiplied inside the network: 4, the inverse of a typical standard deviation of natural images.</summary>
    public const double InputScale = LayerGraph.InputScale;

    /// <summary>
    /// How residual blocks join their branches: <c>sum</c>, or <c>convex</c> for a convex combination with learned coefficients (paper section 4). The default is
    /// sum, which is what networks without residual blocks and model files that do not say have.
    /// </summary>
    public string Residual { get; init; } = "sum";

    /// <summary>How images are squeezed before all else; the default is not at all.</summary>
    public SqueezeDeclaration Squeeze { get; init; } = new();

    /// <summary>Number of classes K.</summary>
    public int Classes => Labels.Count;
}
