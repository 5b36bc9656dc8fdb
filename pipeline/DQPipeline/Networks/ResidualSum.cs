using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// Where the two branches of a residual block meet: their sum, or the convex combination α₁·shortcut + α₂·residual of Parseval networks (Cisse et al. 2017;
/// paper section 4), which expands no noise when neither branch does. α is learned per block; training keeps it on the simplex α₁ + α₂ = 1, α ≥ 0.
/// </summary>
internal sealed class ResidualSum : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly bool convex;

    /// <summary>Creates the sum, or the combination with α = (1/2, 1/2).</summary>
    public ResidualSum(bool convex, Device device) : base(nameof(ResidualSum))
    {
        this.convex = convex;
        if (convex)
            register_parameter("coefficients", new Parameter(full(2, 0.5f, device: device)));
    }

    /// <summary>float32 [α₁ of the shortcut, α₂ of the residual branch]; null of a plain sum.</summary>
    public Parameter? Coefficients => convex ? get_parameter("coefficients") : null;

    /// <summary>Joins two maps of one shape.</summary>
    /// <param name="shortcut">The input of the block, or its projection. It is left as it is.</param>
    /// <param name="residual">What the block's convolutions gave, and nothing else needs: the gradient of what made it must not read it. It is used up.</param>
    /// <returns>A map of the same shape, which the caller disposes.</returns>
    public override Tensor forward(Tensor shortcut, Tensor residual)
    {
        // In place: the gradient of a sum needs neither term.
        if (Coefficients is not { } coefficients)
            return residual.add_(shortcut);
        using (residual)
        {
            using var first = coefficients[0];
            using var second = coefficients[1];
            // The gradients of the coefficients are sums over both branches, which autograd keeps for them; the terms themselves nobody keeps.
            return shortcut.mul(first).addcmul_(residual, second, 1);
        }
    }
}
