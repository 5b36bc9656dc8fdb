using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// The exponential moving average a of all that a network holds, weights and running statistics w: after each step a ← d·a + (1 − d)·w (Polyak and Juditsky 1992, with forgetting).
/// At step t from 1 the decay d is min(ema, (1 + t)/(10 + t)), so that a short training's average soon forgets the weights that it began with.
/// </summary>
/// <remarks>Coefficients on a simplex stay there, as it is convex. An operator's norm stays within a limit that the weights keep, but a product γ·W need not: a constraint settles after the average is taken.</remarks>
internal sealed class WeightAverage : IDisposable
{
    private readonly double decay;
    private readonly List<(string Name, Tensor Now, Tensor Mean)> slots;

    private WeightAverage(Classifier network, double decay)
    {
        this.decay = decay;
        using var guard = no_grad();
        slots = [.. network.state_dict().Select(pair => (pair.Key, pair.Value, pair.Value.clone().DetachFromDisposeScope()))];
    }

    /// <summary>The averages, by the name of what they are of.</summary>
    public IEnumerable<(string Name, Tensor Mean)> Means => slots.Select(slot => (slot.Name, slot.Mean));

    /// <returns>Null where none is declared.</returns>
    public static WeightAverage? Of(Classifier network, OptimizerDeclaration options) => options.Ema > 0 ? new(network, options.Ema) : null;

    /// <summary>Takes the network in as it is after a step.</summary>
    /// <param name="step">Steps done, from 1.</param>
    public void Add(long step)
    {
        using var guard = no_grad();
        var kept = Math.Min(decay, (1.0 + step) / (10 + step));
        using var old = Number.New(kept);
        using var share = Number.New(1 - kept);
        foreach (var (_, now, mean) in slots)
            mean.mul_(old).add_(now, alpha: share);
    }

    /// <summary>Puts the averages in the place of what they are of.</summary>
    public void Take()
    {
        using var guard = no_grad();
        foreach (var (_, now, mean) in slots)
            now.copy_(mean);
    }

    /// <inheritdoc/>
    public void Dispose() => slots.ForEach(slot => slot.Mean.Dispose());
}
