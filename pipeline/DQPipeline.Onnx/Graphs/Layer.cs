namespace DQPipeline.Onnx.Graphs;

/// <summary>
/// One step of a deployed network. A layer's place in <see cref="LayerGraph.Layers"/> is the number under which later ones name its result. Feature maps are N×C×H×W;
/// arrays are row-major.
/// </summary>
/// <param name="Name">The layer's name in the trained model where it has one there, else one made of its neighbour's; unique in the graph.</param>
public abstract record Layer(string Name)
{
    /// <summary>The layers whose results it reads.</summary>
    public abstract IReadOnlyList<int> Reads { get; }
}

/// <summary>The image, float32 in [0,1], squeezed if the network squeezes it, then centred: (x − mean)·scale. Always the first layer, and nowhere else.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="ColourBits">Colour depth to which the image is reduced, 1 to 8; 0 for none (Xu et al. 2017).</param>
/// <param name="Median">Side of the median filter, 2 to 9; 1 for none.</param>
public sealed record ImageLayer(string Name, int ColourBits, int Median) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [];
}

/// <summary>A convolution with bias, padded by ⌊k/2⌋ zeros on every side.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Input">What it reads.</param>
/// <param name="Weight">cout×cin×k×k.</param>
/// <param name="Bias">cout.</param>
/// <param name="Outputs">cout.</param>
/// <param name="Inputs">cin.</param>
/// <param name="Kernel">k, odd.</param>
/// <param name="Stride">Step between windows, 1 or more.</param>
public sealed record ConvolutionLayer(string Name, int Input, float[] Weight, float[] Bias, int Outputs, int Inputs, int Kernel, int Stride) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Input];
}

/// <summary>Scale·x + Shift per channel: a batch norm that no convolution before it could take in.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Input">What it reads.</param>
/// <param name="Scale">C.</param>
/// <param name="Shift">C.</param>
public sealed record AffineLayer(string Name, int Input, float[] Scale, float[] Shift) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Input];
}

/// <summary>An activation between two bounds, rounded to evenly spaced levels, halves to the even one.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Input">What it reads.</param>
/// <param name="IsTanh">tanh in the place of min(max(x, 0), bound).</param>
/// <param name="Bound">The upper bound: 6 or 1.</param>
/// <param name="Steps">2^b − 1 steps between the lowest and the highest level; 0 in full precision.</param>
public sealed record ActivationLayer(string Name, int Input, bool IsTanh, float Bound, int Steps) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Input];
}

/// <summary>The largest value of each 2×2 window, at step 2.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Input">What it reads.</param>
public sealed record MaxPoolLayer(string Name, int Input) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Input];
}

/// <summary>Factor·shortcut + residual, where the branches of a residual block meet.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Shortcut">The one branch.</param>
/// <param name="Factor">What the shortcut is multiplied by: 1 unless the sum is a convex combination whose shortcut is the block's own input.</param>
/// <param name="Residual">The other branch.</param>
public sealed record SumLayer(string Name, int Shortcut, float Factor, int Residual) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Shortcut, Residual];
}

/// <summary>The mean over all pixels, then a linear layer: the logits. Always the last layer, and nowhere else.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Input">What it reads.</param>
/// <param name="Weight">K×C.</param>
/// <param name="Bias">K.</param>
public sealed record HeadLayer(string Name, int Input, float[] Weight, float[] Bias) : Layer(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [Input];
}
