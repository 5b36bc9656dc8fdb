namespace DQPipeline.Quantization;

/// <summary>
/// What an activation with its quantizer lets through backwards. Rounding has no gradient, so each of these is a stand-in (backward pass differentiable approximation, Athalye et
/// al. 2018), and a network is only as robust as it is against the best of them.
/// </summary>
public enum BackwardPass
{
    /// <summary>As in training: the gradient of the bounded ReLU or of tanh, rounding taken for the identity (paper section 2.1).</summary>
    Clipped,

    /// <summary>1 everywhere: bounds and tanh are taken for the identity too, so that nothing is lost where an activation is saturated.</summary>
    Straight,

    /// <summary>A smooth bump with tails instead of the ReLU's box, σ(x/τ)·σ((bound − x)/τ) with τ a tenth of the bound; for tanh 1/(1 + |x|)².</summary>
    Smooth,
}
