namespace DQPipeline.Onnx.Quantization;

/// <summary>Weights as signed bytes, symmetric per output channel: w ≈ q·Scale[c] with |q| ≤ 127.</summary>
/// <param name="Values">q, in the order of the weights.</param>
/// <param name="Scales">One for each output channel.</param>
internal sealed record QuantizedWeights(sbyte[] Values, float[] Scales)
{
    /// <summary>A bias is kept as a 32-bit integer; the scale leaves room below its limit.</summary>
    private const double LargestBias = 1 << 30;

    /// <summary>Quantizes weights whose first axis is the output channel.</summary>
    /// <param name="weight">cout×….</param>
    /// <param name="bias">cout; a channel whose weights are tiny beside its bias gets a coarser scale, so that the bias fits its integer.</param>
    /// <param name="inputScale">Scale of what the weights meet.</param>
    public static QuantizedWeights Of(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float inputScale)
    {
        var (values, scales) = (new sbyte[weight.Length], new float[bias.Length]);
        var size = weight.Length / bias.Length;
        for (var c = 0; c < bias.Length; c++)
        {
            var row = weight.Slice(c * size, size);
            var largest = 0f;
            foreach (var w in row)
                largest = Math.Max(largest, Math.Abs(w));
            var scale = (float)Math.Max(largest / sbyte.MaxValue, Math.Abs(bias[c]) / (inputScale * LargestBias));
            scales[c] = scale = scale > 0 ? scale : 1;
            for (var i = 0; i < size; i++)
                values[(c * size) + i] = (sbyte)Math.Clamp(Math.Round(row[i] / scale), -sbyte.MaxValue, sbyte.MaxValue);
        }

        return new(values, scales);
    }

    /// <summary>Whether 32-bit integers hold a bias on the grid of the sums it is added to.</summary>
    public static bool Holds(float bias, float scale, float inputScale) => Math.Abs(bias) <= scale * inputScale * LargestBias;

    /// <summary>A bias on the grid of the sums it is added to, whose scale is that of the weights times that of the input.</summary>
    public int[] Bias(ReadOnlySpan<float> bias, float inputScale)
    {
        var rounded = new int[bias.Length];
        for (var c = 0; c < rounded.Length; c++)
            rounded[c] = (int)Math.Round(bias[c] / ((double)inputScale * Scales[c]));
        return rounded;
    }
}
