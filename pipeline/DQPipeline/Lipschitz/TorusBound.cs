using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// An upper bound of the norm of a convolution with zero padding and any step: the largest norm among the frequency responses of the same convolution on a torus.
/// </summary>
/// <remarks>
/// <para>Put the map of H rows on a torus of N ≥ H + p rows, p being the padding, with zeros in the rest; columns alike. A window that reaches over an edge of the map then reads zeros, as it does in
/// the padding: no index from −p to H − 1 + p falls on the map modulo N but those of the map itself. So the convolution is that on the torus with columns and rows of its matrix left out, and its norm is
/// no larger. This holds for every kernel and size.</para>
/// <para>On the torus, Fourier's basis takes the operator apart (Sedghi et al. 2019): for step 1 into K(ω) = Σ w(t)·exp(iωt), cout×cin, one for each of the N² frequencies. At step s, which divides N, outputs see
/// frequencies that differ by multiples of N/s as one, so that the parts are [K(ω₁) … K(ω_{s²})]/s, cout×s²·cin, one for each of the (N/s)² classes. The bound is exact on the torus; what it loses is what the map's
/// edge would take away.</para>
/// </remarks>
internal static class TorusBound
{
    /// <summary>Complex numbers held at once: 64 MiB.</summary>
    private const long Chunk = 1 << 22;

    /// <summary>The bound.</summary>
    public static double Of(ConvolutionOperator convolution)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (outputs, inputs, stride) = (convolution.Weight.shape[0], convolution.Weight.shape[1], convolution.Stride);
        var (rows, columns) = ((int)convolution.Weight.shape[2], (int)convolution.Weight.shape[3]);
        // cout·cin×taps, so that the responses at many frequencies are one product.
        var weight = convolution.Weight.detach().cpu().to(ScalarType.Float64).reshape(outputs * inputs, rows * columns);
        var classes = Classes(Side(convolution.Height, rows, stride), Side(convolution.Width, columns, stride), stride);
        var bound = 0.0;
        foreach (var chunk in classes.Chunk((int)Math.Max(1, Chunk / (outputs * inputs * stride * stride))))
        {
            using var inner = NewDisposeScope();
            var (cosines, sines) = Waves([.. chunk.SelectMany(frequencies => frequencies)], rows, columns);
            var response = complex(weight.mm(cosines), weight.mm(sines))
                .reshape(outputs, inputs, chunk.Length, stride * stride).permute(2, 0, 3, 1).reshape(chunk.Length, outputs, stride * stride * inputs);
            bound = Math.Max(bound, GramIteration.Bound(response) / stride);
        }

        return bound;
    }

    /// <summary>N: the least multiple of the step from H + p on.</summary>
    private static int Side(int size, int kernel, int stride) => (size + (kernel / 2) + stride - 1) / stride * stride;

    /// <summary>The frequencies (ωᵧ, ωₓ) of each class. A weight is real, so that −ω gives the conjugate of what ω gives: half of the classes will do.</summary>
    private static List<(double Y, double X)[]> Classes(int height, int width, int stride)
    {
        var classes = new List<(double, double)[]>();
        var (high, wide) = (height / stride, width / stride);
        for (var y = 0; y < high; y++)
        {
            for (var x = 0; x <= wide / 2; x++)
                classes.Add([.. from a in Enumerable.Range(0, stride) from b in Enumerable.Range(0, stride) select (2 * Math.PI * (y + (a * high)) / height, 2 * Math.PI * (x + (b * wide)) / width)]);
        }

        return classes;
    }

    /// <summary>cos(ω·t) and sin(ω·t), float64 taps×frequencies.</summary>
    private static (Tensor Cosines, Tensor Sines) Waves((double Y, double X)[] frequencies, int rows, int columns)
    {
        var angles = new double[rows * columns * frequencies.Length];
        for (var i = 0; i < rows * columns; i++)
        {
            for (var f = 0; f < frequencies.Length; f++)
                angles[(i * frequencies.Length) + f] = (frequencies[f].Y * (i / columns)) + (frequencies[f].X * (i % columns));
        }

        var all = tensor(angles, [rows * columns, frequencies.Length], ScalarType.Float64);
        return (all.cos(), all.sin());
    }
}
