using System.Numerics.Tensors;
using DQPipeline.Data;

namespace DQPipeline.Attacks.Scores;

/// <summary>
/// In the Euclidean norm the length of the change is a budget: a window gets a bump, a positive half beside a negative one, with the length that a second window gives up for it and what
/// was not spent yet (Andriushchenko et al. 2020, algorithm 3).
/// </summary>
/// <param name="shape">Channels, rows and columns.</param>
/// <param name="radius">ε/255.</param>
internal sealed class EuclideanSquareMoves((int Channels, int Height, int Width) shape, double radius) : ISquareMoves
{
    /// <summary>The search begins with about this many bumps a side.</summary>
    private const int Tiles = 5;

    public void Begin(ReadOnlySpan<float> clean, Span<float> candidate, ref SeededRandom random)
    {
        var change = new float[clean.Length];
        var side = Math.Max(1, Math.Min(shape.Height, shape.Width) / Tiles);
        for (var top = (shape.Height % side) / 2; top + side <= shape.Height; top += side)
        {
            for (var left = (shape.Width % side) / 2; left + side <= shape.Width; left += side)
            {
                var bump = Bump(side, ref random);
                for (var channel = 0; channel < shape.Channels; channel++)
                {
                    var sign = Sign(ref random);
                    for (var i = 0; i < bump.Length; i++)
                        change[At(channel, top + (i / side), left + (i % side))] = sign * bump[i];
                }
            }
        }

        Apply(clean, change, candidate);
    }

    public Window Change(ReadOnlySpan<float> clean, ReadOnlySpan<float> best, Span<float> candidate, double share, ref SeededRandom random)
    {
        var change = new float[clean.Length];
        TensorPrimitives.Subtract(best, clean, change);
        var side = SquareSchedule.OddSide(share, shape.Height, shape.Width);
        var (first, second) = (Place(side, ref random), Place(side, ref random));
        var spent = TensorPrimitives.SumOfSquares<float>(change);
        var unspent = Math.Max(0, (radius * radius) - spent);
        var freed = Freed(change, first, second, side);
        var bump = Bump(side, ref random);
        var signs = new float[shape.Channels];
        foreach (ref var sign in signs.AsSpan())
            sign = Sign(ref random);
        var patch = new float[side * side];
        var patches = new float[shape.Channels][];
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            Read(change, channel, first, side, patch);
            var length = TensorPrimitives.Norm<float>(patch);
            // The new bump on the old pattern of the window, as long as the budget of the channel.
            var next = new float[patch.Length];
            for (var i = 0; i < next.Length; i++)
                next[i] = (signs[channel] * bump[i]) + (patch[i] / (1e-12f + length));
            var budget = Math.Sqrt((unspent / shape.Channels) + freed[channel]);
            TensorPrimitives.Multiply(next, (float)(budget / (1e-12 + TensorPrimitives.Norm<float>(next))), next);
            patches[channel] = next;
        }

        for (var channel = 0; channel < shape.Channels; channel++)
        {
            Write(change, channel, second, side, new float[patch.Length]);
            Write(change, channel, first, side, patches[channel]);
        }

        // The whole change is drawn out to the surface anew.
        Apply(clean, change, candidate);
        return new(0, 0, shape.Height, shape.Width);
    }

    /// <summary>The squared length of the change in the union of two windows, for each channel.</summary>
    private double[] Freed(float[] change, (int Top, int Left) first, (int Top, int Left) second, int side)
    {
        var freed = new double[shape.Channels];
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var row = 0; row < shape.Height; row++)
            {
                for (var column = 0; column < shape.Width; column++)
                {
                    if (IsIn(first, row, column, side) || IsIn(second, row, column, side))
                        freed[channel] += (double)change[At(channel, row, column)] * change[At(channel, row, column)];
                }
            }
        }

        return freed;
    }

    /// <summary>The clean image with the change drawn out, or in, to the ball's surface; then cut to [0,1], which shortens only.</summary>
    private void Apply(ReadOnlySpan<float> clean, float[] change, Span<float> candidate)
    {
        var factor = (float)(radius / (1e-12 + Math.Sqrt(TensorPrimitives.SumOfSquares<float>(change))));
        for (var i = 0; i < change.Length; i++)
            candidate[i] = Math.Clamp(clean[i] + (factor * change[i]), 0, 1);
    }

    /// <summary>
    /// A bump of length 1, side×side: one half of concentric rectangles that rise to its middle, the other half the same downwards; halves side by side or one upon the other.
    /// </summary>
    internal static float[] Bump(int side, ref SeededRandom random)
    {
        var bump = new float[side * side];
        var half = side / 2;
        Pile(bump, side, 0, half, 1);
        Pile(bump, side, half, side - half, -1);
        TensorPrimitives.Divide(bump, TensorPrimitives.Norm<float>(bump), bump);
        if (random.NextBits() >> 31 == 0)
            return bump;
        var turned = new float[bump.Length];
        for (var i = 0; i < bump.Length; i++)
            turned[(i % side * side) + (i / side)] = bump[i];
        return turned;
    }

    /// <summary>Piles rectangles 1, 1/4, 1/9 … around the middle of some rows, each as much wider as it is lower, and scales the pile to length 1.</summary>
    private static void Pile(float[] bump, int side, int from, int rows, int sign)
    {
        if (rows == 0)
            return;
        var (middleRow, middleColumn) = (rows / 2, side / 2);
        var pile = new float[rows * side];
        for (var ring = 0; ring <= Math.Max(middleRow, middleColumn); ring++)
        {
            var height = 1f / ((ring + 1) * (ring + 1));
            for (var row = Math.Max(0, middleRow - ring); row <= Math.Min(rows - 1, middleRow + ring); row++)
            {
                for (var column = Math.Max(0, middleColumn - ring); column <= Math.Min(side - 1, middleColumn + ring); column++)
                    pile[(row * side) + column] += height;
            }
        }

        var length = TensorPrimitives.Norm<float>(pile);
        for (var i = 0; i < pile.Length; i++)
            bump[(from * side) + i] = sign * pile[i] / length;
    }

    private void Read(float[] change, int channel, (int Top, int Left) window, int side, float[] patch)
    {
        for (var i = 0; i < patch.Length; i++)
            patch[i] = change[At(channel, window.Top + (i / side), window.Left + (i % side))];
    }

    private void Write(float[] change, int channel, (int Top, int Left) window, int side, float[] patch)
    {
        for (var i = 0; i < patch.Length; i++)
            change[At(channel, window.Top + (i / side), window.Left + (i % side))] = patch[i];
    }

    private (int Top, int Left) Place(int side, ref SeededRandom random) => (random.Next(shape.Height - side + 1), random.Next(shape.Width - side + 1));

    private static bool IsIn((int Top, int Left) window, int row, int column, int side) =>
        row >= window.Top && row < window.Top + side && column >= window.Left && column < window.Left + side;

    private int At(int channel, int row, int column) => (((channel * shape.Height) + row) * shape.Width) + column;

    private static float Sign(ref SeededRandom random) => random.NextBits() >> 31 == 0 ? -1 : 1;
}
