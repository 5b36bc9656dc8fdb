using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>What a network says about a batch, brought to the host.</summary>
public static class Predictor
{
    /// <summary>
    /// The predicted class of each image, and with <paramref name="trueClasses"/> (int64 N) the loss log Σ_{j≠y} exp zⱼ − z_y, of which cross entropy is
    /// the growing function log(1 + exp ·): the same order, without float32's saturation.
    /// </summary>
    /// <exception cref="DqException">DQ3004: an output is not a finite number.</exception>
    internal static (long[] Classes, float[] Losses) Predict(Classifier network, Tensor images, Tensor? trueClasses = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logits = Logits(network, images);
        var classes = ToArray<long>(logits.argmax(1));
        if (trueClasses is null)
            return (classes, []);
        var index = trueClasses.unsqueeze(1);
        var wrong = logits.scatter(1, index, full_like(index, Number.Of(double.NegativeInfinity), dtype: ScalarType.Float32));
        return (classes, ToArray<float>(wrong.logsumexp(1) - logits.gather(1, index).squeeze(1)));
    }

    /// <summary>The softmax of the network's answers in float64, K probabilities for each image, which sum to 1.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">float32 N×C×H×W in [0,1], on the network's device.</param>
    /// <exception cref="DqException">DQ3004: an output is not a finite number.</exception>
    public static double[][] Probabilities(Classifier network, Tensor images)
    {
        using var scope = NewDisposeScope();
        var probabilities = ToArray<double>(Logits(network, images).to(ScalarType.Float64).softmax(1));
        return [.. probabilities.Chunk(network.Description.Classes)];
    }

    /// <inheritdoc cref="Probabilities(Classifier, Tensor)"/>
    /// <param name="network">The network, on the processor.</param>
    /// <param name="pixels">N images of bytes, N×C×H×W.</param>
    public static double[][] Probabilities(Classifier network, byte[] pixels)
    {
        using var scope = NewDisposeScope();
        var shape = network.Description;
        return Probabilities(network, tensor(pixels).reshape(-1, shape.Channels, shape.Height, shape.Width).to(ScalarType.Float32).div_(Number.Of(255)));
    }

    /// <summary>The network's answers in evaluation mode, float32 N×K, in the current scope.</summary>
    internal static Tensor Logits(Classifier network, Tensor images)
    {
        using var frozen = new FrozenNetwork(network);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var logits = network.forward(images).to(ScalarType.Float32);
        if (!logits.isfinite().all().item<bool>())
        {
            throw new DqException(
                DiagnosticCodes.Diverged,
                $"The network '{network.Description.Network}' answers with numbers that are not finite: its weights are unusable; train it again with a lower learning rate.");
        }

        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>A tensor's values, row-major, from whatever device.</summary>
    internal static T[] ToArray<T>(Tensor values)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        return values.detach().cpu().contiguous().data<T>().ToArray();
    }
}
