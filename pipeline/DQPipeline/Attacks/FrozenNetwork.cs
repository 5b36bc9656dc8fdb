using DQPipeline.Networks;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Holds a network in eval mode (batch-norm statistics stand still) with parameters that take no gradient (their share of a backward pass is a third
/// of the work), and with activations that let through backwards what is asked; puts all back, module by module, when disposed.
/// </summary>
internal sealed class FrozenNetwork : IDisposable
{
    private readonly List<(nn.Module Module, bool Training)> modes;
    private readonly List<Parameter> thawed;
    private readonly List<(BoundedActivation Activation, BackwardPass Backward)> activations;

    /// <summary>Freezes <paramref name="network"/>.</summary>
    public FrozenNetwork(Classifier network, BackwardPass backward = BackwardPass.Clipped)
    {
        activations = [.. network.Activations.Select(activation => (activation, activation.Backward))];
        modes = [.. network.modules().Prepend(network).Distinct().Select(module => (module, module.training))];
        thawed = [.. network.parameters().Where(parameter => parameter.requires_grad)];
        network.eval();
        foreach (var parameter in thawed)
            parameter.requires_grad = false;
        foreach (var (activation, _) in activations)
            activation.Backward = backward;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (activation, backward) in activations)
            activation.Backward = backward;
        foreach (var parameter in thawed)
            parameter.requires_grad = true;
        // train() reaches down to every child, so parents go first: children have the last word on themselves.
        foreach (var (module, training) in modes)
            module.train(training);
    }
}
