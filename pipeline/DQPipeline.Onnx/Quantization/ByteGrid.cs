namespace DQPipeline.Onnx.Quantization;

/// <summary>How bytes q stand for numbers: (q − ZeroPoint)·Scale (Jacob et al. 2018).</summary>
/// <param name="Scale">The distance of neighbours, above 0.</param>
/// <param name="ZeroPoint">The byte that stands for 0.</param>
public readonly record struct ByteGrid(float Scale, byte ZeroPoint)
{
    /// <summary>The grid of all 256 bytes over a range, widened to hold 0, which some byte then stands for exactly.</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end, not below <paramref name="low"/>.</param>
    public static ByteGrid Over(double low, double high)
    {
        (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
        if (low == high)
            return new(1, 0);
        var scale = (high - low) / byte.MaxValue;
        return new((float)scale, (byte)Math.Clamp(Math.Round(-low / scale), 0, byte.MaxValue));
    }

    /// <summary>The number that the byte nearest to a number stands for, halves to the even byte.</summary>
    /// <param name="value">The number.</param>
    /// <param name="largest">The largest byte that is used, 1 to 255.</param>
    public double Nearest(double value, int largest = byte.MaxValue) => (Math.Clamp(Math.Round(value / Scale) + ZeroPoint, 0, largest) - ZeroPoint) * Scale;
}
