using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Defenses;

/// <summary>
/// Detects adversarial images by feature squeezing (Xu et al. 2017; paper section 2.2.2): an image is detected where the network gives the squeezed image another
/// class than the image itself.
/// </summary>
/// <param name="declaration">How images are squeezed for the comparison; a network that squeezes its images itself squeezes these once more.</param>
public sealed class SqueezingDetector(SqueezeDeclaration declaration)
{
    private readonly Squeezer squeezer = new(declaration);

    /// <summary>For each image whether it is detected.</summary>
    /// <param name="network">The network; it is left in the mode in which it was.</param>
    /// <param name="images">float32 N×C×H×W in [0,1], on the network's device.</param>
    /// <param name="predicted">The classes that the network gives the images, if they are known, else they are found out; of fewer than there are images, only these are judged.</param>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers.</exception>
    public bool[] Detect(Classifier network, Tensor images, IReadOnlyList<long>? predicted = null)
    {
        predicted ??= Predictor.Predict(network, images).Classes;
        using var guard = no_grad();
        using var squeezed = squeezer.Apply(images);
        return [.. Predictor.Predict(network, squeezed).Classes.Zip(predicted, (one, other) => one != other)];
    }
}
