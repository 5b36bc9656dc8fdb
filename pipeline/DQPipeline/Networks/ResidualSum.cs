using DQPipeline.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// Where the two branches of a residual block meet: their sum, or the convex combination α₁·shortcut + α₂·residual of Parseval networks (Cisse et al. 2017;
/// paper section 4), which expands no noise when neither branch does. α is learned per block; training keeps it on the simplex α₁ + α₂ = 1, α ≥ 0.
/// </summary>
/// <remarks>
/// A coefficient multiplies the weight of the layer that ends its branch and not the branch: a weight is small beside a feature map, and its gradient
/// gives the coefficient's, for which autograd else would have to keep and read the whole branch. Only an input that is its own shortcut has no such layer.
/// </remarks>
internal sealed class ResidualSum : nn.Module
{
    /// <summary>The place of α₁.</summary>
    public const int Shortcut = 0;

    /// <summary>The place of α₂.</summary>
    public const int Residual = 1;

    private readonly bool convex;

    /// <summary>Creates the sum, or the combination with α = (1/2, 1/2).</summary>
    public ResidualSum(bool convex, Device device) : base(nameof(ResidualSum))
    {
        this.convex = convex;
        if (convex)
            register_parameter("coefficients", new Parameter(full(2, Number.Of(0.5), dtype: ScalarType.Float32, device: device)));
    }

    /// <summary>float32 [α₁ of the shortcut, α₂ of the residual branch]; null of a plain sum.</summary>
    public Parameter? Coefficients => convex ? get_parameter("coefficients") : null;

    /// <summary>The coefficient of a branch, a new scalar tensor; null of a plain sum, where it is 1.</summary>
    public Tensor? Factor(int branch) => Coefficients?[branch];

    /// <summary>Has the convolution that ends a branch multiply its weight by the branch's coefficient.</summary>
    /// <param name="last">The layer.</param>
    /// <param name="branch"><see cref="Shortcut"/> or <see cref="Residual"/>.</param>
    public void Weigh(Convolution last, int branch)
    {
        if (convex)
            last.Factor = () => Coefficients![branch];
    }

    /// <summary>The end of a branch, weighed: a batch norm.</summary>
    /// <param name="last">The layer.</param>
    /// <param name="input">N×C×H×W. It is left as it is.</param>
    /// <param name="branch"><see cref="Shortcut"/> or <see cref="Residual"/>.</param>
    public Tensor Weighed(BatchNormalization last, Tensor input, int branch)
    {
        if (Coefficients is not { } coefficients)
            return last.forward(input);
        using var factor = coefficients[branch];
        return last.Scaled(input, factor);
    }

    /// <summary>Adds two weighed branches.</summary>
    /// <param name="shortcut">It is left as it is.</param>
    /// <param name="residual">It takes the result in: the gradient of what made it must not read it, as those of convolution and batch norm do not.</param>
    public static Tensor Join(Tensor shortcut, Tensor residual) => residual.add_(shortcut, Number.One);

    /// <summary>Adds the input of the block, not yet weighed, to the weighed residual branch.</summary>
    /// <param name="input">It is left as it is.</param>
    /// <param name="residual">It takes the result in, as in <see cref="Join"/>.</param>
    public Tensor JoinInput(Tensor input, Tensor residual)
    {
        if (Coefficients is not { } coefficients)
            return Join(input, residual);
        using var factor = coefficients[Shortcut];
        return residual.addcmul_(input, factor, Number.One);
    }
}
