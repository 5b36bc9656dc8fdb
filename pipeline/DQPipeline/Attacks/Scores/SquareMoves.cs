using DQPipeline.Data;

namespace DQPipeline.Attacks.Scores;

/// <summary>In the maximum norm every value lies at an end of its range, where the search begins with a stripe a column, and a window gets one end for each channel.</summary>
/// <param name="shape">Channels, rows and columns.</param>
/// <param name="radius">ε/255.</param>
internal sealed class SquareMoves((int Channels, int Height, int Width) shape, double radius) : ISquareMoves
{
    private readonly float _radius = (float)radius;

    public void Begin(ReadOnlySpan<float> clean, Span<float> candidate, ref SeededRandom random)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var column = 0; column < shape.Width; column++)
            {
                var end = End(ref random);
                for (var row = 0; row < shape.Height; row++)
                {
                    var at = ((channel * shape.Height) + row) * shape.Width + column;
                    candidate[at] = Math.Clamp(clean[at] + end, 0, 1);
                }
            }
        }
    }

    public Window Change(ReadOnlySpan<float> clean, ReadOnlySpan<float> best, Span<float> candidate, double share, ref SeededRandom random)
    {
        best.CopyTo(candidate);
        var side = SquareSchedule.Side(share, shape.Height, shape.Width);
        var (top, left) = (random.Next(shape.Height - side + 1), random.Next(shape.Width - side + 1));
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var end = End(ref random);
            for (var row = top; row < top + side; row++)
            {
                var from = ((channel * shape.Height) + row) * shape.Width + left;
                for (var at = from; at < from + side; at++)
                    candidate[at] = Math.Clamp(clean[at] + end, 0, 1);
            }
        }

        return new(top, left, side, side);
    }

    private float End(ref SeededRandom random) => random.NextBits() >> 31 == 0 ? -_radius : _radius;
}
