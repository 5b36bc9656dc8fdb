using System.Buffers;
using DQPipeline.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Data;

/// <summary>Some images and their classes, in a pooled buffer that <see cref="Dispose"/> gives back.</summary>
public sealed class Batch : IDisposable
{
    private readonly ImageDataset _shape;
    private byte[]? _buffer;

    internal Batch(ImageDataset shape, ReadOnlySpan<int> indices, ReadOnlySpan<int> classes, int epoch = 0, int step = 0)
    {
        _shape = shape;
        Epoch = epoch;
        Step = step;
        Indices = indices.ToArray();
        Classes = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
            Classes[i] = classes[indices[i]];
        _buffer = ArrayPool<byte>.Shared.Rent(indices.Length * shape.ImageBytes);
    }

    /// <summary>The epoch it belongs to, from 0.</summary>
    public int Epoch { get; }

    /// <summary>Its number in the epoch, from 0.</summary>
    public int Step { get; }

    /// <summary>Index of each image in its split.</summary>
    public int[] Indices { get; }

    /// <summary>Class number of each image.</summary>
    public int[] Classes { get; }

    /// <summary>How many images.</summary>
    public int Count => Indices.Length;

    /// <summary>uint8 N×C×H×W, row-major.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was given back.</exception>
    public ReadOnlySpan<byte> Pixels => Writable;

    internal Span<byte> Writable
    {
        get
        {
            ObjectDisposedException.ThrowIf(_buffer is null, this);
            return _buffer.AsSpan(0, Count * _shape.ImageBytes);
        }
    }

    /// <summary>The images as float32 N×C×H×W in [0,1]: byte/255, correctly rounded.</summary>
    /// <param name="device">Where the tensor shall lie; the CPU by default.</param>
    public Tensor Images(Device? device = null)
    {
        long[] shape = [Count, _shape.Channels, _shape.Height, _shape.Width];
        if (device is null || device.type == DeviceType.CPU)
        {
            var images = empty(shape, float32);
            PixelConversion.ToUnit(Pixels, PixelConversion.Memory<float>(images));
            return images;
        }

        // Bytes cross the bus at a quarter of the size of floats, and the conversion is nothing to an accelerator.
        using var bytes = empty(shape, uint8);
        Pixels.CopyTo(PixelConversion.Memory<byte>(bytes));
        using var there = bytes.to(device);
        // An accelerator divides by a number by multiplying with its reciprocal, which is off by a bit for half of all bytes; by a tensor it divides.
        using var divisor = full([1], Number.Of(255), dtype: float32, device: device);
        return there.to(float32).div_(divisor);
    }

    /// <summary>The classes as int64 N.</summary>
    /// <param name="device">Where the tensor shall lie; the CPU by default.</param>
    public Tensor Labels(Device? device = null) => tensor(Classes, int64, device ?? CPU);

    /// <summary>Gives the buffer back; <see cref="Pixels"/> and the conversions are then closed. Tensors already made live on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
