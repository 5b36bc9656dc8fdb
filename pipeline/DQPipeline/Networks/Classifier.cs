using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// An image classifier: float32 N×C×H×W in [0,1] in, logits N×K out. Centring and scaling of the image
/// (<see cref="NetworkDescription.InputMean"/>, <see cref="NetworkDescription.InputScale"/>) happen inside, so that attacks see what users send.
/// </summary>
public abstract class Classifier(NetworkDescription description) : nn.Module<Tensor, Tensor>(description.Network)
{
    /// <summary>What this network was built from.</summary>
    public NetworkDescription Description { get; } = description;
}
