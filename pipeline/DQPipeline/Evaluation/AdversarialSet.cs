using DQPipeline.Attacks;
using DQPipeline.Declarations;

namespace DQPipeline.Evaluation;

/// <summary>Images, their adversarial versions and what the network says to both; all arrays are in the order of the samples.</summary>
public sealed class AdversarialSet
{
    /// <summary>How far rounding may carry an adversarial image out of its ball: a few float32 steps at 1.</summary>
    private const double Tolerance = 1e-6;

    /// <summary>By how much rounding may lengthen a change, as a share: float32 sums of thousands of squares.</summary>
    private const double LengthTolerance = 1e-5;

    /// <summary>A set of N images over the given arrays, which are not copied.</summary>
    /// <param name="channels">Channels C.</param>
    /// <param name="height">Rows H.</param>
    /// <param name="width">Columns W.</param>
    /// <param name="epsilon">Strength ε in pixel units.</param>
    /// <param name="x">Clean images, N×C×H×W.</param>
    /// <param name="xAdv">Adversarial images in [0,1], N×C×H×W.</param>
    /// <param name="y">True classes, N.</param>
    /// <param name="pred">Predictions for the clean images, N.</param>
    /// <param name="predAdv">Predictions for the adversarial images, N.</param>
    /// <param name="norm">The norm of the ball.</param>
    /// <exception cref="ArgumentException">The arrays do not fit each other, or an image leaves [0,1] or its ball.</exception>
    public AdversarialSet(
        int channels, int height, int width, double epsilon, byte[] x, float[] xAdv, long[] y, long[] pred, long[] predAdv, Norm norm = Norm.Linf)
    {
        if (x.Length != (long)y.Length * channels * height * width || xAdv.Length != x.Length || pred.Length != y.Length || predAdv.Length != y.Length)
            throw new ArgumentException("The arrays of an adversarial set do not have one length.");
        for (var i = 0; i < x.Length; i++)
        {
            // Both ways in which a reader may compute it: in float64, and in float32 with the bound rounded as well. Written so that a NaN fails.
            var distance = Math.Max(Math.Abs(xAdv[i] - (x[i] / 255.0)), Math.Abs(xAdv[i] - (x[i] / 255f)));
            if (!(xAdv[i] is >= 0 and <= 1 && distance <= (epsilon / 255) + Tolerance))
                throw new ArgumentException(FormattableString.Invariant($"Value {i} of the adversarial images, {xAdv[i]}, is not in [0,1] within {epsilon}/255 of {x[i]}/255."));
        }

        var size = channels * height * width;
        for (var image = 0; norm == Norm.L2 && image < y.Length; image++)
        {
            if (Length(x.AsSpan(image * size, size), xAdv.AsSpan(image * size, size)) is var length && !(length <= ((epsilon / 255) * (1 + LengthTolerance)) + Tolerance))
                throw new ArgumentException(FormattableString.Invariant($"The change of adversarial image {image} is of length {length}, more than {epsilon}/255."));
        }

        Norm = norm;
        (Channels, Height, Width, Epsilon) = (channels, height, width, epsilon);
        (X, XAdv, Y, Pred, PredAdv) = (x, xAdv, y, pred, predAdv);
    }

    /// <summary>Number of images N.</summary>
    public int Count => Y.Length;

    /// <summary>Channels of an image.</summary>
    public int Channels { get; }

    /// <summary>Rows of an image.</summary>
    public int Height { get; }

    /// <summary>Columns of an image.</summary>
    public int Width { get; }

    /// <summary>Strength ε in pixel units: ‖x_adv − x/255‖∞ ≤ ε/255 + 1e-6 holds in every set, in the Euclidean norm ‖x_adv − x/255‖₂ ≤ ε/255·(1 + 1e-5) + 1e-6.</summary>
    public double Epsilon { get; }

    /// <summary>The norm of the ball.</summary>
    public Norm Norm { get; }

    /// <summary>Clean images, uint8 N×C×H×W.</summary>
    public byte[] X { get; }

    /// <summary>Adversarial images, float32 N×C×H×W in [0,1].</summary>
    public float[] XAdv { get; }

    /// <summary>True classes.</summary>
    public long[] Y { get; }

    /// <summary>Predictions for the clean images.</summary>
    public long[] Pred { get; }

    /// <summary>Predictions for exactly the values of <see cref="XAdv"/>.</summary>
    public long[] PredAdv { get; }

    /// <summary>
    /// Writes the arrays <c>x</c> uint8 N×C×H×W, <c>x_adv</c> float32 N×C×H×W, <c>y</c>, <c>pred</c> and <c>pred_adv</c> int64 N as a .npz that
    /// <c>numpy.load</c> reads. The file appears under its name when it is whole.
    /// </summary>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public void Write(string path)
    {
        int[] images = [Count, Channels, Height, Width];
        Npz.Write(
            path,
            [
                NpzArray.Of("x", X, images), NpzArray.Of("x_adv", XAdv, images), NpzArray.Of("y", Y, [Count]), NpzArray.Of("pred", Pred, [Count]),
                NpzArray.Of("pred_adv", PredAdv, [Count]),
            ]);
    }

    private static double Length(ReadOnlySpan<byte> x, ReadOnlySpan<float> xAdv)
    {
        var squares = 0.0;
        for (var i = 0; i < x.Length; i++)
            squares += (xAdv[i] - (x[i] / 255.0)) * (xAdv[i] - (x[i] / 255.0));
        return Math.Sqrt(squares);
    }
}
