using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>Images to attack.</summary>
/// <param name="Images">float32 N×C×H×W in [0,1].</param>
/// <param name="Classes">int64 N, the true classes, on the device of the images.</param>
/// <param name="Samples">N numbers that name the samples (their index in the data set), from which their noise is drawn; each at least 0.</param>
public sealed record AttackBatch(Tensor Images, Tensor Classes, IReadOnlyList<int> Samples)
{
    /// <summary>Refuses what would make an attack's result meaningless without a sound.</summary>
    internal void Check(int classes)
    {
        if (Images.dtype != ScalarType.Float32 || Images.dim() != 4 || Images.shape[0] == 0)
            throw new ArgumentException($"Images must be float32 N×C×H×W, not {Images.dtype} of {Images.dim()} dimensions.");
        if (Classes.dtype != ScalarType.Int64 || Classes.dim() != 1 || Classes.shape[0] != Images.shape[0] || Samples.Count != Images.shape[0])
            throw new ArgumentException($"Each of the {Images.shape[0]} images needs one int64 class and one sample number.");
        using var scope = NewDisposeScope();
        // Written so that a NaN fails too.
        if (!(Images.min().item<float>() >= 0 && Images.max().item<float>() <= 1))
            throw new ArgumentException("Images must lie in [0,1]: normalisation belongs inside the network.");
        if (Classes.min().item<long>() < 0 || Classes.max().item<long>() >= classes)
            throw new ArgumentException($"Classes must be 0 to {classes - 1}.");
        if (Samples.Any(sample => sample < 0))
            throw new ArgumentException("Sample numbers must not be negative.");
    }
}

/// <summary>What a run of an attack brought; owns its tensor.</summary>
public sealed class AttackRun : IDisposable
{
    internal AttackRun(Tensor images, bool[] stalled)
    {
        Images = images;
        Stalled = stalled;
    }

    /// <summary>The adversarial images, float32 N×C×H×W in [0,1] and in the ε-ball, outside any dispose scope.</summary>
    public Tensor Images { get; }

    /// <summary>
    /// For each image whether its gradient was zero in every pixel at some step, so that the attack stood still from there: a sign that the
    /// network masks its gradients rather than that it is robust. False throughout for attacks that take no gradient.
    /// </summary>
    public IReadOnlyList<bool> Stalled { get; }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}
