using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// Is led through a network in the order in which an image passes it, so that the network can be written in another form. Feature maps go by numbers that the visitor
/// gives out; names are those of the model file.
/// </summary>
internal interface ILayerVisitor
{
    /// <summary>The image, squeezed and centred.</summary>
    int Image(NetworkDescription description);

    /// <summary>A convolution, its weight multiplied by its factor if it has one.</summary>
    int Convolve(int input, string name, Convolution convolution);

    /// <summary>A batch norm by its running statistics, times a factor if there is one.</summary>
    int Normalize(int input, string name, BatchNormalization norm, Tensor? factor = null);

    /// <summary>An activation with its quantizer.</summary>
    int Activate(int input, string name, BoundedActivation activation);

    /// <summary>2×2 max pooling at step 2.</summary>
    int Pool(int input, string name);

    /// <summary>Factor·shortcut + residual; no factor is 1.</summary>
    int Sum(int shortcut, Tensor? factor, int residual, string name);

    /// <summary>Global average pooling and the linear layer: the logits.</summary>
    void Head(int input, string name, Linear linear);
}

/// <summary>What networks say to a visitor again and again.</summary>
internal static class LayerVisitorExtensions
{
    /// <summary>Batch norm, activation and quantizer.</summary>
    public static int Activate(this ILayerVisitor visitor, int input, string name, NormalizedActivation norm) =>
        visitor.Activate(visitor.Normalize(input, $"{name}.batchnorm", norm), name, norm.Activation);
}
