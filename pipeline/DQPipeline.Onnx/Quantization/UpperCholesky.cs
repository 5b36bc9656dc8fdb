using System.Numerics.Tensors;

namespace DQPipeline.Onnx.Quantization;

/// <summary>
/// H = UUᵀ for a symmetric positive definite matrix, U upper triangular: Cholesky's factorization from the last row up. Columns are taken in panels, so that the matrix is read once
/// for a panel and not once for a column: at 4,608 rows it is 170 MB.
/// </summary>
internal static class UpperCholesky
{
    private const int Panel = 64;

    /// <summary>A pivot that rounding has made too small, or less than nothing.</summary>
    private const double SmallestPivot = 1e-30;

    /// <summary>Factorizes in place; what is below the diagonal is left as it falls.</summary>
    /// <param name="h">size×size; of what is given only the upper triangle is read.</param>
    /// <param name="size">Rows.</param>
    /// <param name="threads">Processor threads; the result does not depend on them.</param>
    public static void Factorize(double[] h, int size, int threads)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        for (var end = size; end > 0; end -= Panel)
        {
            var start = Math.Max(0, end - Panel);
            for (var j = end - 1; j >= start; j--)
            {
                var tail = h.AsSpan((j * size) + j + 1, end - j - 1);
                h[(j * size) + j] = Math.Sqrt(Math.Max(h[(j * size) + j] - TensorPrimitives.Dot<double>(tail, tail), SmallestPivot));
                for (var i = start; i < j; i++)
                    Entry(h, size, i, j, end);
            }

            Parallel.For(0, start, options, i =>
            {
                for (var j = end - 1; j >= start; j--)
                    Entry(h, size, i, j, end);
            });
            // What is left of the panel owes it the products of its rows.
            var (first, last) = (start, end);
            Parallel.For(0, start, options, i =>
            {
                var row = h.AsSpan((i * size) + first, last - first);
                for (var j = i; j < first; j++)
                    h[(i * size) + j] -= TensorPrimitives.Dot<double>(row, h.AsSpan((j * size) + first, last - first));
            });
        }
    }

    private static void Entry(double[] h, int size, int i, int j, int end)
    {
        var tail = h.AsSpan((j * size) + j + 1, end - j - 1);
        h[(i * size) + j] = (h[(i * size) + j] - TensorPrimitives.Dot<double>(h.AsSpan((i * size) + j + 1, end - j - 1), tail)) / h[(j * size) + j];
    }
}
