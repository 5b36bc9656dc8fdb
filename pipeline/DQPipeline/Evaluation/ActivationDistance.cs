using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>
/// The normalised distance between clean and adversarial activations inside a network (paper section 3, equation 4, figure 3). The norms are taken for each image by
/// itself, in float64, and the quotients averaged: a norm over the batch would let images with large activations speak for all.
/// </summary>
/// <remarks>The network runs in eval mode, on the clean images and their adversarial versions side by side, so that nothing has to be kept from one pass to another.</remarks>
public static class ActivationDistance
{
    /// <summary>
    /// The activation after the first block: convolution, batch norm and bounded ReLU. Measured as it is, and quantized uniformly to <paramref name="bits"/>; what the
    /// network's own quantizer makes of it does not count.
    /// </summary>
    /// <param name="network">The network, on whatever device.</param>
    /// <param name="set">Clean images and their adversarial versions.</param>
    /// <param name="bits">Bits of the quantizer, 1 to 8.</param>
    /// <param name="batch">Images a pass, from 1.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <returns>Two: without bits, and with.</returns>
    public static IReadOnlyList<LayerDistance> FirstBlock(Classifier network, AdversarialSet set, int bits, int batch, CancellationToken cancellation = default)
    {
        var declared = network.Description.Activation;
        var (smooth, quantized) = (new BoundedActivation(declared with { Bits = ActivationDeclaration.FullPrecision }), new BoundedActivation(declared with { Bits = bits }));
        var (plain, stepped) = (new List<double>(), new List<double>());
        var (name, seen) = ("", false);
        using var watch = LayerWatch.Activations(network, (layerName, layer, input) =>
        {
            if (seen)
                return;
            (name, seen) = (layerName, true);
            using var scope = NewDisposeScope();
            var normalized = nn.functional.batch_norm(
                input, layer.RunningMean, layer.RunningVariance, layer.Weight, layer.Bias, training: false, NormalizedActivation.Momentum, NormalizedActivation.Epsilon);
            plain.AddRange(Distances(smooth.Apply(normalized)));
            stepped.AddRange(Distances(quantized.Apply(normalized)));
        });
        Run(network, set, batch, cancellation, () =>
        {
            Require(seen, network, "its first activation");
            seen = false;
        });
        return [LayerDistance.Of(1, name, null, plain), LayerDistance.Of(1, name, bits, stepped)];
    }

    /// <summary>The input of every convolution, as the network's own quantizer leaves it; that of the first is the centred image.</summary>
    /// <param name="network">The network, on whatever device.</param>
    /// <param name="set">Clean images and their adversarial versions.</param>
    /// <param name="batch">Images a pass, from 1.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <returns>One for each convolution, shortcuts included, in the order in which they run.</returns>
    public static IReadOnlyList<LayerDistance> Convolutions(Classifier network, AdversarialSet set, int batch, CancellationToken cancellation = default)
    {
        var layers = new List<(string Name, List<double> Distances)>();
        var next = 0;
        using var watch = LayerWatch.Convolutions(network, (name, input) =>
        {
            if (next == layers.Count)
                layers.Add((name, []));
            layers[next++].Distances.AddRange(Distances(input));
        });
        Run(network, set, batch, cancellation, () =>
        {
            Require(next == watch.Count, network, "all of its convolutions");
            next = 0;
        });
        int? bits = network.Description.Activation.IsQuantized ? network.Description.Activation.Bits : null;
        return [.. layers.Select((layer, i) => LayerDistance.Of(i + 1, layer.Name, bits, layer.Distances))];
    }

    /// <summary>D of each image, from a batch of clean activations with the adversarial ones behind them; no entry for an image whose clean activation is zero.</summary>
    internal static IEnumerable<double> Distances(Tensor activations)
    {
        using var scope = NewDisposeScope();
        var halves = activations.flatten(1).chunk(2, 0);
        var clean = halves[0].to(ScalarType.Float64);
        var norms = Predictor.ToArray<double>(clean.mul(clean).sum(1).sqrt());
        var difference = halves[1].to(ScalarType.Float64).sub(clean);
        var differences = Predictor.ToArray<double>(difference.mul(difference).sum(1).sqrt());
        return norms.Zip(differences).Where(pair => pair.First > 0).Select(pair => pair.Second / pair.First);
    }

    private static void Run(Classifier network, AdversarialSet set, int batch, CancellationToken cancellation, Action onPass)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var device = network.parameters().First().device;
        var size = set.Channels * set.Height * set.Width;
        using var frozen = new FrozenNetwork(network);
        using var noGrad = no_grad();
        for (var start = 0; start < set.Count; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var count = Math.Min(batch, set.Count - start);
            long[] shape = [count, set.Channels, set.Height, set.Width];
            var clean = tensor(set.X.AsSpan(start * size, count * size).ToArray(), shape, ScalarType.Byte).to(ScalarType.Float32).div_(Number.Of(255));
            var adversarial = tensor(set.XAdv.AsSpan(start * size, count * size).ToArray(), shape, ScalarType.Float32);
            _ = network.forward(cat([clean, adversarial], 0).to(device));
            onPass();
        }
    }

    private static void Require(bool holds, Classifier network, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"The network '{network.Description.Network}' does not run {what} by call, so they cannot be watched.");
    }
}
