using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>Chosen images of a split as batches of one fixed size for a network. Positions count within the choice, 0 to <see cref="Count"/> − 1.</summary>
internal sealed class ImageBatches
{
    private readonly NetworkDescription network;
    private readonly ImageSplit split;
    private readonly int[] samples;
    private readonly Device device;

    /// <summary>Batches of <paramref name="size"/> images, or of all samples where these are fewer.</summary>
    public ImageBatches(NetworkDescription network, ImageSplit split, IReadOnlyList<int> samples, int size, Device device)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        this.network = network;
        this.split = split;
        this.samples = [.. samples];
        this.device = device;
        if (samples.Count == 0)
            throw new DqException(DiagnosticCodes.DataUnfit, "There are no images to evaluate.");
        foreach (var sample in samples)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(sample, nameof(samples));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, split.Count, nameof(samples));
        }

        ImageSize = network.Channels * network.Height * network.Width;
        if (split.Image(0).Length != ImageSize)
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                $"The data's images have {split.Image(0).Length} values, but the network was trained on {network.Channels}×{network.Height}×{network.Width} = {ImageSize}; evaluate it on data of that size.");
        }

        Classes = [.. samples.Select(sample => (long)split.Classes[sample])];
        if (Classes.Max() is var highest && highest >= network.Classes)
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                $"The data have a class number {highest}, but the network knows only the {network.Classes} classes {string.Join(", ", network.Labels)}.");
        }

        Size = Math.Min(size, samples.Count);
    }

    /// <summary>Images a batch.</summary>
    public int Size { get; }

    /// <summary>How many images were chosen.</summary>
    public int Count => samples.Length;

    /// <summary>Values of one image, C·H·W.</summary>
    public int ImageSize { get; }

    /// <summary>The true class of each chosen image.</summary>
    public IReadOnlyList<long> Classes { get; }

    /// <summary>The chosen images' bytes, N×C×H×W.</summary>
    public byte[] Pixels() => Gather(samples);

    /// <summary>
    /// The images at <paramref name="positions"/> (1 to <see cref="Size"/> of them), filled up to a full batch by going through them again. Tensors belong to the current scope.
    /// </summary>
    public AttackBatch Load(IReadOnlyList<int> positions)
    {
        var full = new int[Size];
        for (var i = 0; i < full.Length; i++)
            full[i] = positions[i % positions.Count];
        return LoadOnly(full);
    }

    /// <summary>The images at <paramref name="positions"/> and no others, for attacks that let go of images anyway. Tensors belong to the current scope.</summary>
    public AttackBatch LoadOnly(int[] positions)
    {
        var numbers = Array.ConvertAll(positions, position => samples[position]);
        // Divided, not multiplied by 1/255: the nearest float32 to k/255, which is what a reader computes from the byte. On the processor, as an accelerator would multiply.
        var images = tensor(Gather(numbers), [numbers.Length, network.Channels, network.Height, network.Width], ScalarType.Byte)
            .to(ScalarType.Float32).div_(Number.Of(255)).to(device);
        var classes = tensor(Array.ConvertAll(positions, position => Classes[position]), ScalarType.Int64).to(device);
        return new AttackBatch(images, classes, numbers);
    }

    /// <summary>Images as a full batch, filled up by going through them again; in the current scope.</summary>
    public Tensor Fill(Tensor images)
    {
        var count = images.shape[0];
        return count == Size ? images : images.index_select(0, tensor(Enumerable.Range(0, Size).Select(i => i % count).ToArray(), device: images.device));
    }

    /// <summary>
    /// The values at <paramref name="positions"/> (1 to <see cref="Size"/> of them) of <paramref name="images"/>, float32 N×C×H×W in the order of the choice, filled up
    /// as <see cref="Load"/> does. The tensor belongs to the current scope.
    /// </summary>
    public Tensor Values(IReadOnlyList<int> positions, float[] images)
    {
        var values = new float[Size * ImageSize];
        for (var i = 0; i < Size; i++)
            images.AsSpan(positions[i % positions.Count] * ImageSize, ImageSize).CopyTo(values.AsSpan(i * ImageSize));
        return tensor(values, [Size, network.Channels, network.Height, network.Width], ScalarType.Float32).to(device);
    }

    private byte[] Gather(int[] numbers)
    {
        var bytes = new byte[numbers.Length * ImageSize];
        for (var i = 0; i < numbers.Length; i++)
            split.Image(numbers[i]).CopyTo(bytes.AsSpan(i * ImageSize));
        return bytes;
    }
}
