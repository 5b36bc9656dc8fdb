using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// What the layers of a network can make of a difference between two images, in L2, images in [0,1]: each layer's norm, and what follows for the whole. Quantizers count as absent: a step
/// function has no Lipschitz constant. So the account is about <see cref="Unquantized"/>.
/// </summary>
/// <remarks>
/// The constant of a chain is at most the product of its layers' (Szegedy et al. 2014, section 4.3); where two branches are added, at most the sum of theirs. Batch norm takes its running statistics, which
/// evaluation uses. Bounded ReLUs and tanh have slopes of at most 1, and of 2×2 windows that do not overlap the maximum moves no further than the window. The bound speaks of real numbers: what float32 rounds
/// while the network runs is not in it.
/// </remarks>
public sealed class LipschitzAccount
{
    /// <summary>The accuracy of estimates unless told: ‖AᵀAv − λv‖ ≤ 1e-3·λ.</summary>
    public const double DefaultTolerance = 1e-3;

    internal LipschitzAccount(IReadOnlyList<LayerConstant> layers, double features, double estimate, double logits, double[] distances, int classes) =>
        (Layers, Features, Estimate, Logits, Distances, Classes) = (layers, features, estimate, logits, distances, classes);

    /// <summary>The layers in the order in which an image meets them.</summary>
    public IReadOnlyList<LayerConstant> Layers { get; }

    /// <summary>A number that the Lipschitz constant from the image to the averaged features, before the linear layer, does not exceed.</summary>
    public double Features { get; }

    /// <summary>A number that the Lipschitz constant from the image to all logits does not exceed.</summary>
    public double Logits { get; }

    /// <summary>The same as <see cref="Logits"/> from the estimates: how much of it is there because the bounds of the layers are above their norms. No bound.</summary>
    public double Estimate { get; }

    /// <summary>‖w_y − w_j‖₂ of the linear layer's rows at y·<see cref="Classes"/> + j: with <see cref="Features"/> the bound for the difference z_y − z_j.</summary>
    public IReadOnlyList<double> Distances { get; }

    /// <summary>Number of classes K.</summary>
    public int Classes { get; }

    /// <summary>The same network with the same weights and no quantizers, in evaluation mode, where the original lives. The caller disposes it.</summary>
    public static Classifier Unquantized(Classifier network)
    {
        var description = network.Description;
        var twin = NetworkFactory.Create(
            description with { Activation = description.Activation with { Bits = ActivationDeclaration.FullPrecision } }, seed: 0, network.parameters().First().device);
        using var guard = no_grad();
        var values = network.state_dict();
        foreach (var (name, value) in twin.state_dict())
            value.copy_(values[name]);
        twin.eval();
        return twin;
    }

    /// <summary>Draws up the account of a network.</summary>
    /// <param name="network">The network; its quantizers do not count.</param>
    /// <param name="tolerance">The residual at which an estimate is good enough, above 0. Bounds do not depend on it.</param>
    /// <param name="seed">Seed of the iterations' starts, from 0.</param>
    /// <param name="onLayer">Hears the name of each layer before it is measured.</param>
    /// <param name="cancellation">Checked at each iteration.</param>
    /// <exception cref="DqException">DQ1004: the network squeezes its images, and rounding has no Lipschitz constant.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static LipschitzAccount Of(Classifier network, double tolerance = DefaultTolerance, int seed = 0, Action<string>? onLayer = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        if (network.Description.Squeeze.IsActive)
            throw new DqException(DiagnosticCodes.OutOfRange, "A network that squeezes its images has no Lipschitz constant, because rounding jumps: it cannot be certified.");
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var walk = new LipschitzWalk(tolerance, seed, onLayer, cancellation);
        network.Accept(walk);
        return walk.Account();
    }
}
