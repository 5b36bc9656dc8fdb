using DQPipeline.Defenses;
using DQPipeline.Native;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// An image classifier: float32 N×C×H×W in [0,1] in, logits N×K out. Squeezing (<see cref="NetworkDescription.Squeeze"/>), centring and scaling of the image
/// (<see cref="NetworkDescription.InputMean"/>, <see cref="NetworkDescription.InputScale"/>) happen inside, so that attacks see what users send.
/// </summary>
/// <remarks>
/// A network runs its convolutions and <see cref="NormalizedActivation"/>s by <c>call</c>, which is <c>forward</c> with the module's hooks: so what passes through them
/// can be watched (<see cref="Evaluation.LayerWatch"/>).
/// </remarks>
public abstract class Classifier(NetworkDescription description) : nn.Module<Tensor, Tensor>(description.Network)
{
    private readonly Squeezer squeezer = new(description.Squeeze);

    /// <summary>What this network was built from.</summary>
    public NetworkDescription Description { get; } = description;

    /// <summary>The layers with a weight matrix (convolutions and linear), in the order in which an image meets them.</summary>
    public virtual IReadOnlyList<WeightLayer> WeightLayers => [];

    /// <summary>
    /// The type of feature maps and of the products in convolutions: float32, or bfloat16 for a faster training. Weights, statistics and logits are
    /// float32 always. The default is float32.
    /// </summary>
    public ScalarType MapType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// The coefficients of each residual sum that is a convex combination, float32 [α₁, α₂] a block. They live on the simplex α₁ + α₂ = 1, α ≥ 0: whoever moves
    /// them puts them back. Empty where sums are plain, or where there are none.
    /// </summary>
    public virtual IReadOnlyList<Parameter> ConvexCoefficients => [];

    /// <summary>The activations, each once: layers share them.</summary>
    internal IEnumerable<BoundedActivation> Activations => modules().OfType<NormalizedActivation>().Select(layer => layer.Activation).Distinct();

    /// <summary>Leads a visitor through the network.</summary>
    /// <exception cref="NotSupportedException">The network is not one of those that the product builds.</exception>
    internal virtual void Accept(ILayerVisitor visitor) => throw new NotSupportedException($"The network '{Description.Network}' cannot be written in another form.");

    /// <summary>(x − mean)·scale of the squeezed image, the first thing that every network does, in <see cref="MapType"/> with channels last.</summary>
    /// <remarks>In place where it can be: neither the subtraction nor the multiplication needs its result for the gradient.</remarks>
    protected Tensor Centre(Tensor images)
    {
        using var squeezed = squeezer.IsActive ? squeezer.Apply(images) : null;
        var centred = (squeezed ?? images).sub(Number.Of(NetworkDescription.InputMean)).mul_(Number.Of(NetworkDescription.InputScale));
        if (MapType != ScalarType.Float32)
            centred = Replace(centred, centred.to(MapType));
        return Replace(centred, ChannelsLast.Of(centred));
    }

    /// <summary>Logits from the last map: global average pooling in float32, then the linear layer.</summary>
    /// <param name="map">N×C×H×W, given up.</param>
    /// <param name="linear">C to K.</param>
    protected static Tensor Pooled(Tensor map, Linear linear)
    {
        using var pooled = Replace(map, map.mean([2, 3], type: linear.weight!.dtype));
        return linear.forward(pooled);
    }

    /// <summary>Gives up <paramref name="old"/> for <paramref name="next"/>: native memory is returned layer by layer and not at some collection.</summary>
    protected static Tensor Replace(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }
}
