using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// Sums over the images of an epoch, kept as float64 where the network lives, so that an accelerator is not stopped at every step. A checkpoint
/// holds them: an interrupted training reports the same loss and accuracy to the last bit.
/// </summary>
internal sealed class RunningTotals(Device device) : IDisposable
{
    /// <summary>float64 [summed loss, images right, images seen, penalty of the last step].</summary>
    public Tensor Values { get; } = zeros(4, dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();

    /// <summary>Takes a step's results in.</summary>
    /// <param name="loss">Mean loss of the images, a scalar.</param>
    /// <param name="logits">N×K.</param>
    /// <param name="labels">int64 N.</param>
    /// <param name="penalty">The penalty, a scalar, or null.</param>
    public void Add(Tensor loss, Tensor logits, Tensor labels, Tensor? penalty)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var count = Number.Of(labels.shape[0]);
        Values[0].add_(loss.to(ScalarType.Float64).mul_(count), Number.One);
        Values[1].add_(logits.argmax(1).eq(labels).sum(), Number.One);
        Values[2].add_(count, Number.One);
        if (penalty is not null)
            Values[3].copy_(penalty);
    }

    /// <summary>Starts an epoch.</summary>
    public void Clear() => Values.zero_();

    /// <summary>The means so far. Waits for an accelerator to come up to here.</summary>
    public (double Loss, double Accuracy, double Penalty) Read()
    {
        using var here = Values.cpu();
        var sums = here.data<double>();
        return (sums[0] / sums[2], sums[1] / sums[2], sums[3]);
    }

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();
}
