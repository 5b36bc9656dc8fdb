using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// Holds a network in eval mode (batch-norm statistics stand still) with parameters that take no gradient (their share of a backward pass is a third
/// of the work), and puts both back, module by module, when disposed.
/// </summary>
internal sealed class FrozenNetwork : IDisposable
{
    private readonly List<(nn.Module Module, bool Training)> modes;
    private readonly List<Parameter> thawed;

    /// <summary>Freezes <paramref name="network"/>.</summary>
    public FrozenNetwork(nn.Module network)
    {
        modes = [.. network.modules().Prepend(network).Distinct().Select(module => (module, module.training))];
        thawed = [.. network.parameters().Where(parameter => parameter.requires_grad)];
        network.eval();
        foreach (var parameter in thawed)
            parameter.requires_grad = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in thawed)
            parameter.requires_grad = true;
        // train() reaches down to every child, so parents go first: children have the last word on themselves.
        foreach (var (module, training) in modes)
            module.train(training);
    }
}
