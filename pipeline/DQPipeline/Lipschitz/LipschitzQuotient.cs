using DQPipeline.Evaluation;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>How far an attack moved the logits for the length of what it changed: a lower bound of the network's Lipschitz constant, to hold beside the upper one.</summary>
public static class LipschitzQuotient
{
    /// <summary>The largest ‖z(x′) − z(x)‖₂/‖x′ − x‖₂ over the images that an attack changed, images in [0,1]; 0 where it changed none.</summary>
    /// <param name="network">The network, on whatever device.</param>
    /// <param name="set">Clean images and their adversarial versions.</param>
    /// <param name="batch">Images a pass, from 1.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    public static double Largest(Classifier network, AdversarialSet set, int batch, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var device = network.parameters().First().device;
        var size = set.Channels * set.Height * set.Width;
        var largest = 0.0;
        for (var start = 0; start < set.Count; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var count = Math.Min(batch, set.Count - start);
            long[] shape = [count, set.Channels, set.Height, set.Width];
            var clean = tensor(Array.ConvertAll(set.X.AsSpan(start * size, count * size).ToArray(), value => value / 255f), shape, ScalarType.Float32).to(device);
            var adversarial = tensor(set.XAdv.AsSpan(start * size, count * size).ToArray(), shape, ScalarType.Float32).to(device);
            var moved = Lengths(Predictor.Logits(network, adversarial), Predictor.Logits(network, clean));
            var changed = Lengths(adversarial, clean);
            largest = moved.Zip(changed).Where(pair => pair.Second > 0).Select(pair => pair.First / pair.Second).Append(largest).Max();
        }

        return largest;
    }

    private static double[] Lengths(Tensor a, Tensor b)
    {
        var difference = a.to(ScalarType.Float64).sub(b.to(ScalarType.Float64)).flatten(1);
        return Predictor.ToArray<double>(difference.mul(difference).sum(1).sqrt());
    }
}
