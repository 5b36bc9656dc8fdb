using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DQPipeline.Data;

/// <summary>Bytes to numbers in [0,1].</summary>
internal static class PixelConversion
{
    /// <summary>byte/255 in float32, correctly rounded: a true division, since the product with float(1/255) is off by one unit in the last place for 126 of the 256 bytes.</summary>
    public static void ToUnit(ReadOnlySpan<byte> bytes, Span<float> numbers)
    {
        if (bytes.Length != numbers.Length)
            throw new ArgumentException($"{bytes.Length} bytes do not fill {numbers.Length} numbers.");
        var divisor = new Vector<float>(255f);
        var i = 0;
        for (; i <= bytes.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(bytes[i..]), out var low, out var high);
            Vector.Widen(low, out var a, out var b);
            Vector.Widen(high, out var c, out var d);
            var to = numbers.Slice(i, Vector<byte>.Count);
            (Vector.ConvertToSingle(a.As<uint, int>()) / divisor).CopyTo(to);
            (Vector.ConvertToSingle(b.As<uint, int>()) / divisor).CopyTo(to[Vector<float>.Count..]);
            (Vector.ConvertToSingle(c.As<uint, int>()) / divisor).CopyTo(to[(2 * Vector<float>.Count)..]);
            (Vector.ConvertToSingle(d.As<uint, int>()) / divisor).CopyTo(to[(3 * Vector<float>.Count)..]);
        }

        for (; i < bytes.Length; i++)
            numbers[i] = bytes[i] / 255f;
    }

    /// <summary>The memory of a contiguous CPU tensor.</summary>
    public static Span<T> Memory<T>(Tensor tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
