using DQPipeline.Defenses;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// An image classifier: float32 N×C×H×W in [0,1] in, logits N×K out. Squeezing (<see cref="NetworkDescription.Squeeze"/>), centring and scaling of the image
/// (<see cref="NetworkDescription.InputMean"/>, <see cref="NetworkDescription.InputScale"/>) happen inside, so that attacks see what users send.
/// </summary>
public abstract class Classifier(NetworkDescription description) : nn.Module<Tensor, Tensor>(description.Network)
{
    private readonly Squeezer squeezer = new(description.Squeeze);

    /// <summary>What this network was built from.</summary>
    public NetworkDescription Description { get; } = description;

    /// <summary>The layers with a weight matrix (convolutions and linear), in the order in which an image meets them.</summary>
    public virtual IReadOnlyList<WeightLayer> WeightLayers => [];

    /// <summary>The weight matrices W that the Lipschitz penalty and weight decay are about (paper section 4), in the same order.</summary>
    public IReadOnlyList<Tensor> WeightMatrices => [.. WeightLayers.Select(layer => layer.Weight)];

    /// <summary>(x − mean)·scale of the squeezed image, the first thing that every network does.</summary>
    /// <remarks>In place where it can be: neither the subtraction nor the multiplication needs its result for the gradient.</remarks>
    protected Tensor Centre(Tensor images)
    {
        if (!squeezer.IsActive)
            return images.sub(NetworkDescription.InputMean).mul_(NetworkDescription.InputScale);
        using var squeezed = squeezer.Apply(images);
        return squeezed.sub(NetworkDescription.InputMean).mul_(NetworkDescription.InputScale);
    }

    /// <summary>Gives up <paramref name="old"/> for <paramref name="next"/>: native memory is returned layer by layer and not at some collection.</summary>
    protected static Tensor Replace(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }
}
