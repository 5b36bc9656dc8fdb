using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>
/// Watches what a network's layers are given while it runs, in the order in which they run. It finds them in the tree of modules and hooks itself to them, so it needs
/// to know no network, only that layers are run by <c>call</c>.
/// </summary>
internal sealed class LayerWatch : IDisposable
{
    private readonly List<nn.HookableModule<Func<nn.Module<Tensor, Tensor>, Tensor, Tensor>, Func<nn.Module<Tensor, Tensor>, Tensor, Tensor, Tensor>>.HookRemover> hooks = [];

    private LayerWatch(Classifier network, Func<nn.Module<Tensor, Tensor>, bool> isWatched, Action<string, nn.Module<Tensor, Tensor>, Tensor> onInput)
    {
        foreach (var (name, module) in network.named_modules())
        {
            if (module is not nn.Module<Tensor, Tensor> layer || !isWatched(layer))
                continue;
            Count++;
            hooks.Add(layer.register_forward_pre_hook((_, input) =>
            {
                onInput(name, layer, input);
                return input;
            }));
        }
    }

    /// <summary>How many layers are watched.</summary>
    public int Count { get; }

    /// <summary>Watches the convolutions: every layer with a weight of four dimensions.</summary>
    /// <param name="network">The network.</param>
    /// <param name="onInput">Takes the layer's name and its input, N×C×H×W, which it may neither keep nor change.</param>
    public static LayerWatch Convolutions(Classifier network, Action<string, Tensor> onInput) =>
        new(network, layer => layer.named_parameters(recurse: false).Any(p => p.name == "weight" && p.parameter.dim() == 4), (name, _, input) => onInput(name, input));

    /// <summary>Watches the layers of batch norm, bounded ReLU and quantizer; otherwise as <see cref="Convolutions"/>.</summary>
    public static LayerWatch Activations(Classifier network, Action<string, NormalizedActivation, Tensor> onInput) =>
        new(network, layer => layer is NormalizedActivation, (name, layer, input) => onInput(name, (NormalizedActivation)layer, input));

    /// <summary>Lets go of the network.</summary>
    public void Dispose()
    {
        foreach (var hook in hooks)
            hook.remove();
    }
}
