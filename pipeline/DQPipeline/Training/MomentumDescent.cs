using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// Stochastic gradient descent with momentum: v ← μ·v + g, w ← w − η·v, or with Nesterov's look-ahead w ← w − η·(g + μ·v). Weight decay λ adds λ·w to the
/// gradient of convolution and linear weights; biases, batch norm and the coefficients of residual sums are left alone, since shrinking them regularises
/// nothing. Coefficients that are to be convex end each step at the nearest point of their simplex.
/// </summary>
/// <remarks>All in place, on a handful of small tensors; its state is the velocities v, which a checkpoint holds.</remarks>
internal sealed class MomentumDescent : IDisposable
{
    private readonly List<(string Name, Parameter Weight, Tensor Velocity, bool Decays)> slots = [];
    private readonly IReadOnlyList<Tensor> coefficients;
    private readonly OptimizerDeclaration options;

    public MomentumDescent(Classifier network, OptimizerDeclaration options)
    {
        this.options = options;
        coefficients = network.ConvexCoefficients;
        var decaying = network.WeightLayers.Select(layer => $"{layer.Name}.weight").ToHashSet();
        foreach (var (name, parameter) in network.named_parameters())
            slots.Add((name, parameter, zeros_like(parameter, requires_grad: false).DetachFromDisposeScope(), decaying.Contains(name)));
    }

    /// <summary>The velocity of each parameter, by the parameter's name.</summary>
    public IEnumerable<(string Name, Tensor Velocity)> Velocities => slots.Select(slot => (slot.Name, slot.Velocity));

    /// <summary>
    /// How long a gradient may be, as a multiple of what it moves, so that it moves it by no more than a tenth even when momentum has summed it up over many steps.
    /// </summary>
    /// <param name="rate">The learning rate η.</param>
    public double RelativeLimit(double rate) => 0.1 * (1 - options.Momentum) / rate;

    /// <summary>Forgets all gradients. Forgotten and not zeroed: autograd then hands its own buffer over instead of adding to ours.</summary>
    public void Clear()
    {
        foreach (var slot in slots)
            slot.Weight.grad = null;
    }

    /// <summary>Shortens the gradients, taken together as one vector, to what the options allow. Those without an end become no numbers, as in torch.</summary>
    public void Clip()
    {
        if (options.Clip > 0)
            nn.utils.clip_grad_norm_(slots.Select(slot => slot.Weight), options.Clip);
    }

    /// <summary>One step along the gradients, which it uses up.</summary>
    /// <param name="rate">The learning rate η.</param>
    public void Step(double rate)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var down = Number.New(-rate);
        var momentum = Number.Of(options.Momentum);
        foreach (var (_, weight, velocity, decays) in slots)
        {
            var gradient = weight.grad!;
            if (decays && options.WeightDecay > 0)
                gradient.add_(weight, alpha: Number.Of(options.WeightDecay));
            velocity.mul_(momentum).add_(gradient, Number.One);
            weight.add_(options.Nesterov ? gradient.add_(velocity, alpha: momentum) : velocity, alpha: down);
        }

        foreach (var point in coefficients)
            SimplexProjection.Project(point);
    }

    /// <inheritdoc/>
    public void Dispose() => slots.ForEach(slot => slot.Velocity.Dispose());
}
