namespace DQPipeline.Tests.Evaluation;

/// <summary>Layers in float64, one value at a time, on maps of channels × side × side.</summary>
internal static class ByHand
{
    /// <summary>A 3×3 convolution with one pixel of zeros around the map; weights cout×cin×3×3.</summary>
    public static double[] Convolution(double[] map, float[] weight, int inputs, int outputs, int side)
    {
        var result = new double[outputs * side * side];
        for (var o = 0; o < outputs; o++)
            for (var row = 0; row < side; row++)
                for (var column = 0; column < side; column++)
                    for (var i = 0; i < inputs; i++)
                        for (var k = 0; k < 9; k++)
                        {
                            var (r, c) = (row + (k / 3) - 1, column + (k % 3) - 1);
                            if (r >= 0 && r < side && c >= 0 && c < side)
                                result[(o * side + row) * side + column] += weight[(o * inputs + i) * 9 + k] * map[(i * side + r) * side + c];
                        }

        return result;
    }

    /// <summary>Batch norm by running statistics, then a clip to [0, 6], then, where <paramref name="bits"/> are given, rounding to 2^b levels.</summary>
    public static double[] Activation(double[] map, float[] scale, float[] shift, float[] mean, float[] variance, int? bits)
    {
        var plane = map.Length / scale.Length;
        return [.. map.Select((value, i) =>
        {
            var c = i / plane;
            var clipped = Math.Clamp((value - mean[c]) / Math.Sqrt(variance[c] + 1e-5) * scale[c] + shift[c], 0, 6);
            var steps = bits is { } b ? Math.Pow(2, b) - 1 : 0;
            return bits is null ? clipped : Math.Round(clipped * steps / 6, MidpointRounding.ToEven) * 6 / steps;
        })];
    }

    /// <summary>The highest of every 2×2 values.</summary>
    public static double[] Pooling(double[] map, int channels, int side)
    {
        var half = side / 2;
        var result = new double[channels * half * half];
        for (var i = 0; i < result.Length; i++)
        {
            var (c, row, column) = (i / (half * half), i / half % half * 2, i % half * 2);
            double At(int r, int k) => map[(c * side + r) * side + k];
            result[i] = Math.Max(Math.Max(At(row, column), At(row, column + 1)), Math.Max(At(row + 1, column), At(row + 1, column + 1)));
        }

        return result;
    }

    /// <summary>‖a − b‖₂ / ‖a‖₂.</summary>
    public static double Distance(double[] a, double[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum()) / Math.Sqrt(a.Sum(x => x * x));

    /// <summary>Mean, and deviation with n − 1.</summary>
    public static (double Mean, double Deviation) Statistics(IReadOnlyList<double> values)
    {
        var mean = values.Sum() / values.Count;
        return (mean, Math.Sqrt(values.Sum(v => Math.Pow(v - mean, 2)) / (values.Count - 1)));
    }
}
