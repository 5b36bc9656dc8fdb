namespace DQPipeline.Data.Street;

/// <summary>
/// The losses of JPEG without its bytes: cosine transform of 8×8 blocks, rounding of the coefficients to multiples of the example tables of the standard
/// (ITU-T T.81, annex K), chroma at half the resolution.
/// </summary>
internal sealed class BlockCodec
{
    private const int Block = 8;

    private static readonly float[] Cosines = MakeCosines();

    private static ReadOnlySpan<byte> LumaTable =>
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];

    private static ReadOnlySpan<byte> ChromaTable =>
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    private readonly float[] _luma = new float[Canvas.Area];
    private readonly float[] _blue = new float[Canvas.Area];
    private readonly float[] _red = new float[Canvas.Area];

    /// <summary>Loses what compression at a table scale loses; 1 is quality 50, 2 is quality 25.</summary>
    public void Compress(Canvas canvas, float scale)
    {
        var (r, g, b) = (canvas.Planes[0], canvas.Planes[1], canvas.Planes[2]);
        for (var i = 0; i < Canvas.Area; i++)
        {
            _luma[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
            _blue[i] = 0.564f * (b[i] - _luma[i]);
            _red[i] = 0.713f * (r[i] - _luma[i]);
        }

        // Only the visible part is kept, so the grid of blocks begins at the margin.
        for (var y = Canvas.Margin; y < Canvas.Margin + Canvas.Inner; y += Block)
        {
            for (var x = Canvas.Margin; x < Canvas.Margin + Canvas.Inner; x += Block)
                Round(_luma, x, y, step: 1, LumaTable, scale);
        }

        for (var y = Canvas.Margin; y < Canvas.Margin + Canvas.Inner; y += 2 * Block)
        {
            for (var x = Canvas.Margin; x < Canvas.Margin + Canvas.Inner; x += 2 * Block)
            {
                Round(_blue, x, y, step: 2, ChromaTable, scale);
                Round(_red, x, y, step: 2, ChromaTable, scale);
            }
        }

        for (var i = 0; i < Canvas.Area; i++)
        {
            r[i] = _luma[i] + 1.402f * _red[i];
            b[i] = _luma[i] + 1.772f * _blue[i];
            g[i] = _luma[i] - 0.714f * _red[i] - 0.344f * _blue[i];
        }
    }

    /// <summary>Rounds one block; with a step of 2 it is the mean of 2×2 pixels each, and is written back to all four.</summary>
    private static void Round(float[] plane, int left, int top, int step, ReadOnlySpan<byte> table, float scale)
    {
        Span<float> block = stackalloc float[Block * Block];
        Span<float> other = stackalloc float[Block * Block];
        for (var y = 0; y < Block; y++)
        {
            for (var x = 0; x < Block; x++)
            {
                var at = (top + y * step) * Canvas.Side + left + x * step;
                block[y * Block + x] = 255 * (step == 1 ? plane[at] : 0.25f * (plane[at] + plane[at + 1] + plane[at + Canvas.Side] + plane[at + Canvas.Side + 1]));
            }
        }

        Transform(block, other, inverse: false);
        Transform(other, block, inverse: false);
        for (var i = 0; i < block.Length; i++)
        {
            var multiple = scale * table[i];
            block[i] = MathF.Round(block[i] / multiple) * multiple;
        }

        Transform(block, other, inverse: true);
        Transform(other, block, inverse: true);
        for (var y = 0; y < Block * step; y++)
        {
            for (var x = 0; x < Block * step; x++)
                plane[(top + y) * Canvas.Side + left + x] = block[y / step * Block + x / step] * (1f / 255);
        }
    }

    /// <summary>Transforms the rows and transposes: twice is the whole transform.</summary>
    private static void Transform(ReadOnlySpan<float> from, Span<float> to, bool inverse)
    {
        for (var row = 0; row < Block; row++)
        {
            for (var k = 0; k < Block; k++)
            {
                var sum = 0f;
                for (var i = 0; i < Block; i++)
                    sum += from[row * Block + i] * (inverse ? Cosines[i * Block + k] : Cosines[k * Block + i]);
                to[k * Block + row] = sum;
            }
        }
    }

    /// <summary>The orthonormal cosine transform: row k holds c(k)·cos((2i+1)kπ/16).</summary>
    private static float[] MakeCosines()
    {
        var matrix = new float[Block * Block];
        for (var k = 0; k < Block; k++)
        {
            for (var i = 0; i < Block; i++)
                matrix[k * Block + i] = Angle.Of((2 * i + 1) * k * 180.0 / 16).Cos * (k == 0 ? MathF.Sqrt(1f / Block) : 0.5f);
        }

        return matrix;
    }
}
