using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DQPipeline.Defenses;

/// <summary>The 2×2 median filter of <see cref="Squeezer"/> on one plane of float32 H×W, eight pixels at a time.</summary>
/// <remarks>Of the values p q above and r s beside a pixel s, the upper middle one is max(max(min(p,q), min(r,s)), min(max(p,q), max(r,s))).</remarks>
/// <param name="height">H.</param>
/// <param name="width">W.</param>
internal readonly unsafe struct MedianKernel(int height, int width)
{
    /// <summary>Filters the plane <paramref name="x"/> into <paramref name="y"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float* x, float* y)
    {
        for (var row = 0; row < height; row++)
        {
            float* above = x + ((long)Math.Max(row - 1, 0) * width), here = x + ((long)row * width), to = y + ((long)row * width);
            to[0] = Median(above[0], above[0], here[0], here[0]);
            var i = 1;
            for (; i <= width - Vector256<float>.Count; i += Vector256<float>.Count)
                Median(Vector256.Load(above + i - 1), Vector256.Load(above + i), Vector256.Load(here + i - 1), Vector256.Load(here + i)).Store(to + i);
            for (; i < width; i++)
                to[i] = Median(above[i - 1], above[i], here[i - 1], here[i]);
        }
    }

    /// <summary>Adds each pixel's gradient to the pixel that its window selected; <paramref name="dx"/> starts as zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(float* gradient, float* x, float* dx)
    {
        for (var row = 0; row < height; row++)
        {
            var (up, down) = ((long)Math.Max(row - 1, 0) * width, (long)row * width);
            float* above = x + up, here = x + down, toAbove = dx + up, toHere = dx + down, g = gradient + down;
            // Left of the first column stands the first column.
            Give(g[0], above[0], above[0], here[0], here[0], toAbove, toAbove, toHere, toHere);
            var i = 1;
            for (; i <= width - Vector256<float>.Count; i += Vector256<float>.Count)
                Give(Vector256.Load(g + i), above + i, here + i, toAbove + i, toHere + i);
            for (; i < width; i++)
                Give(g[i], above[i - 1], above[i], here[i - 1], here[i], toAbove + i - 1, toAbove + i, toHere + i - 1, toHere + i);
        }
    }

    private static float Median(float p, float q, float r, float s) =>
        MathF.Max(MathF.Max(MathF.Min(p, q), MathF.Min(r, s)), MathF.Min(MathF.Max(p, q), MathF.Max(r, s)));

    private static Vector256<float> Median(Vector256<float> p, Vector256<float> q, Vector256<float> r, Vector256<float> s) => Vector256.Max(
        Vector256.Max(Vector256.Min(p, q), Vector256.Min(r, s)), Vector256.Min(Vector256.Max(p, q), Vector256.Max(r, s)));

    /// <summary>Gives the gradient to the third smallest of four, of equal ones counting the earlier as smaller.</summary>
    private static void Give(float gradient, float p, float q, float r, float s, float* toP, float* toQ, float* toR, float* toS)
    {
        bool qp = q < p, rp = r < p, sp = s < p, rq = r < q, sq = s < q, sr = s < r;
        var to = Count(qp, rp, sp) == 2 ? toP : Count(!qp, rq, sq) == 2 ? toQ : Count(!rp, !rq, sr) == 2 ? toR : toS;
        *to += gradient;
    }

    private static int Count(bool a, bool b, bool c) => (a ? 1 : 0) + (b ? 1 : 0) + (c ? 1 : 0);

    /// <summary>The same for eight windows. They overlap, so each of the four places is loaded, added to and stored before the next.</summary>
    private static void Give(Vector256<float> gradient, float* above, float* here, float* toAbove, float* toHere)
    {
        var (p, q, r, s) = (Vector256.Load(above - 1), Vector256.Load(above), Vector256.Load(here - 1), Vector256.Load(here));
        var (qp, rp, sp) = (Less(q, p), Less(r, p), Less(s, p));
        var (rq, sq, sr) = (Less(r, q), Less(s, q), Less(s, r));
        // A mask is −1 where it holds: two of three hold where their sum is −2.
        Add(gradient, qp + rp + sp, toAbove - 1);
        Add(gradient, ~qp + rq + sq, toAbove);
        Add(gradient, ~rp + ~rq + sr, toHere - 1);
        Add(gradient, ~sp + ~sq + ~sr, toHere);
    }

    private static Vector256<int> Less(Vector256<float> a, Vector256<float> b) => Vector256.LessThan(a, b).AsInt32();

    private static void Add(Vector256<float> gradient, Vector256<int> rank, float* to) =>
        (Vector256.Load(to) + (gradient & Vector256.Equals(rank, Vector256.Create(-2)).AsSingle())).Store(to);
}
