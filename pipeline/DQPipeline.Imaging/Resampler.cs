namespace DQPipeline.Imaging;

/// <summary>
/// Resizing with a cubic filter (Keys, 1981, a = −1/2) that is widened by the factor of a reduction, so that no detail aliases: what imaging libraries call
/// bicubic with antialiasing. Separable: rows first. Sizes are fitted independently, so an image that is no square is stretched.
/// </summary>
internal static class Resampler
{
    /// <summary>Resizes interleaved RGBA to R, G and B planes.</summary>
    public static void Resize(ReadOnlySpan<byte> rgba, int fromWidth, int fromHeight, Span<byte> planes, int toWidth, int toHeight)
    {
        var columns = Weights(fromWidth, toWidth);
        var rows = Weights(fromHeight, toHeight);
        // One row of output needs a few rows of input only, but each of those is wanted again by the next: all are filtered once.
        var narrow = new float[3 * toWidth * fromHeight];
        for (var y = 0; y < fromHeight; y++)
        {
            var row = rgba.Slice(4 * y * fromWidth, 4 * fromWidth);
            for (var x = 0; x < toWidth; x++)
            {
                var (first, weights) = columns[x];
                float r = 0, g = 0, b = 0;
                for (var k = 0; k < weights.Length; k++)
                {
                    var pixel = row.Slice(4 * (first + k), 4);
                    r += weights[k] * pixel[0];
                    g += weights[k] * pixel[1];
                    b += weights[k] * pixel[2];
                }

                var at = 3 * (y * toWidth + x);
                narrow[at] = r;
                narrow[at + 1] = g;
                narrow[at + 2] = b;
            }
        }

        for (var y = 0; y < toHeight; y++)
        {
            var (first, weights) = rows[y];
            for (var x = 0; x < toWidth; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    var sum = 0f;
                    for (var k = 0; k < weights.Length; k++)
                        sum += weights[k] * narrow[3 * ((first + k) * toWidth + x) + channel];
                    planes[(channel * toHeight + y) * toWidth + x] = (byte)Math.Clamp(MathF.Round(sum), 0, 255);
                }
            }
        }
    }

    /// <summary>For each output position: the first input position and the weights from there on, with sum 1. Positions beyond the edge are left out.</summary>
    private static (int First, float[] Weights)[] Weights(int from, int to)
    {
        var scale = (double)from / to;
        var widening = Math.Max(1, scale);
        var result = new (int, float[])[to];
        for (var i = 0; i < to; i++)
        {
            var centre = (i + 0.5) * scale;
            var first = Math.Max(0, (int)Math.Floor(centre - 2 * widening));
            var last = Math.Min(from - 1, (int)Math.Ceiling(centre + 2 * widening));
            var weights = new double[last - first + 1];
            for (var k = 0; k < weights.Length; k++)
                weights[k] = Cubic((first + k + 0.5 - centre) / widening);
            var sum = weights.Sum();
            result[i] = (first, [.. weights.Select(weight => (float)(weight / sum))]);
        }

        return result;
    }

    private static double Cubic(double t)
    {
        t = Math.Abs(t);
        return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
    }
}
