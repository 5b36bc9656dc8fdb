using System.Runtime.Intrinsics;

namespace DQPipeline.Data.Street;

/// <summary>Where glyphs stand: the em box turned, slanted, scaled and moved to a place on the canvas.</summary>
/// <param name="X">Column of the middle, with the margin counted.</param>
/// <param name="Y">Row of the middle.</param>
/// <param name="Height">Pixels of an em.</param>
/// <param name="Degrees">Turn, clockwise.</param>
internal readonly record struct Pose(float X, float Y, float Height, float Degrees);

/// <summary>
/// Draws strokes as a field of distances. The nib is an ellipse, so that level strokes can be thinner than upright ones: distances are measured in a space
/// in which it is the unit circle, by vector code over eight pixels at a time.
/// </summary>
internal sealed class Pen
{
    private readonly float[] _squares = new float[Canvas.Area];

    /// <summary>Adds a glyph to masks: each pixel keeps the largest coverage so far.</summary>
    /// <param name="ink">Mask of the strokes.</param>
    /// <param name="rim">Mask of the strokes widened by <paramref name="border"/> pixels.</param>
    /// <param name="outline">The middle lines.</param>
    /// <param name="lettering">Its strokes.</param>
    /// <param name="pose">Where it stands.</param>
    /// <param name="shift">Ems to the right, along the turned baseline.</param>
    /// <param name="border">Pixels of the rim.</param>
    public void Draw(Span<float> ink, Span<float> rim, Outline outline, Lettering lettering, Pose pose, float shift, float border)
    {
        var (sin, cos) = Angle.Of(pose.Degrees);
        var (nibX, nibY) = (lettering.Weight, lettering.Weight * lettering.Contrast);

        // Canvas to em: turn back and scale; then shear and stretch back, move, and divide by the nib. Linear, so two columns and an origin hold it all.
        var (xx, xy) = ToNib(cos / pose.Height, -sin / pose.Height);
        var (yx, yy) = ToNib(sin / pose.Height, cos / pose.Height);
        var (ox, oy) = (-(pose.X * xx + pose.Y * yx) - shift / nibX, -(pose.X * xy + pose.Y * yy));

        Distances(outline, lettering.Width / nibX, 1 / nibY, (xx, xy), (yx, yy), (ox, oy));

        // One pixel in nib units, for edges of one pixel's softness. Exact where the nib is round.
        var nibPixels = pose.Height * MathF.Sqrt(nibX * nibY);
        for (var i = 0; i < Canvas.Area; i++)
        {
            var depth = (1 - MathF.Sqrt(_squares[i])) * nibPixels + 0.5f;
            ink[i] = Math.Max(ink[i], Math.Clamp(depth, 0, 1));
            rim[i] = Math.Max(rim[i], Math.Clamp(depth + border, 0, 1));
        }

        (float, float) ToNib(float x, float y) => ((x + lettering.Slant * y) / nibX, y / nibY);
    }

    /// <summary>Squared distance of every pixel to the nearest piece, in nib units.</summary>
    private void Distances(Outline outline, float scaleX, float scaleY, (float X, float Y) column, (float X, float Y) row, (float X, float Y) origin)
    {
        Array.Fill(_squares, float.MaxValue);
        var steps = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);
        foreach (var (emAx, emAy, emBx, emBy) in outline.Pieces)
        {
            var (ax, ay, bx, by) = (emAx * scaleX, emAy * scaleY, emBx * scaleX, emBy * scaleY);
            var (dx, dy) = (bx - ax, by - ay);
            var inverse = 1 / Math.Max(dx * dx + dy * dy, 1e-12f);
            for (var y = 0; y < Canvas.Side; y++)
            {
                for (var x = 0; x < Canvas.Side; x += 8)
                {
                    var columns = steps + Vector256.Create((float)x);
                    var px = columns * column.X + Vector256.Create(origin.X + y * row.X - ax);
                    var py = columns * column.Y + Vector256.Create(origin.Y + y * row.Y - ay);
                    var along = Vector256.Min(Vector256.Max((px * dx + py * dy) * inverse, Vector256<float>.Zero), Vector256<float>.One);
                    px -= along * dx;
                    py -= along * dy;
                    var at = y * Canvas.Side + x;
                    Vector256.Min(Vector256.Create(_squares.AsSpan(at, 8)), px * px + py * py).CopyTo(_squares.AsSpan(at, 8));
                }
            }
        }
    }
}
