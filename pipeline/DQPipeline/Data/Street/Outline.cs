namespace DQPipeline.Data.Street;

/// <summary>The middle lines of a glyph's strokes as short straight pieces. The em box is x −0.3…0.3 and y −0.5 (top)…0.5 (bottom).</summary>
/// <param name="angular">Whether curves are cut to a few straight pieces, as in numbers sawn from wood or iron.</param>
internal sealed class Outline(bool angular)
{
    private readonly List<(float Ax, float Ay, float Bx, float By)> _pieces = [];
    private float _x, _y;

    /// <summary>The pieces, from A to B.</summary>
    public IReadOnlyList<(float Ax, float Ay, float Bx, float By)> Pieces => _pieces;

    /// <summary>Lifts the pen.</summary>
    public Outline Move(float x, float y)
    {
        (_x, _y) = (x, y);
        return this;
    }

    /// <summary>A straight stroke.</summary>
    public Outline Line(float x, float y)
    {
        _pieces.Add((_x, _y, x, y));
        return Move(x, y);
    }

    /// <summary>A cubic Bézier curve.</summary>
    public Outline Curve(float x1, float y1, float x2, float y2, float x, float y)
    {
        var (x0, y0) = (_x, _y);
        var steps = angular ? 2 : 8;
        for (var i = 1; i <= steps; i++)
        {
            var t = i / (float)steps;
            var u = 1 - t;
            var (a, b, c, d) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t);
            Line(a * x0 + b * x1 + c * x2 + d * x, a * y0 + b * y1 + c * y2 + d * y);
        }

        return this;
    }

    /// <summary>An arc of an ellipse, angles in degrees, 0 to the right and 90 downwards. It is joined to where the pen is, unless that was just lifted to its start.</summary>
    public Outline Arc(float centreX, float centreY, float radiusX, float radiusY, float from, float to, bool joined = false)
    {
        var steps = Math.Max(2, (int)(Math.Abs(to - from) / (angular ? 60 : 20)));
        for (var i = 0; i <= steps; i++)
        {
            var (sin, cos) = Angle.Of(from + (to - from) * i / steps);
            var (x, y) = (centreX + radiusX * cos, centreY + radiusY * sin);
            if (i == 0 && !joined)
                Move(x, y);
            else
                Line(x, y);
        }

        return this;
    }

    /// <summary>A whole ellipse.</summary>
    public Outline Ring(float centreX, float centreY, float radiusX, float radiusY) => Arc(centreX, centreY, radiusX, radiusY, -90, 270);

    /// <summary>Turns everything drawn so far by half a turn: a 6 becomes a 9.</summary>
    public Outline Turned()
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var (ax, ay, bx, by) = _pieces[i];
            _pieces[i] = (-ax, -ay, -bx, -by);
        }

        return this;
    }
}
