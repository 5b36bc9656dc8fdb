namespace DQPipeline.Data.Street;

/// <summary>What house numbers stand on: plaster, bricks, planks or metal, lit unevenly, often with a plate under the number.</summary>
internal sealed class Wall
{
    private readonly float[] _grain = new float[Canvas.Area];

    /// <summary>Covers the whole canvas.</summary>
    public void Draw(Canvas canvas, Colour colour, ref SeededRandom random)
    {
        for (var c = 0; c < 3; c++)
            Array.Fill(canvas.Planes[c], colour[c]);
        switch (random.Next(6))
        {
            case 0: break;
            case 1: Bricks(canvas, ref random); break;
            case 2: Planks(canvas, ref random); break;
            case 3: Sheen(canvas, ref random); break;
            default: Plaster(canvas, cell: random.Between(2, 9), random.Between(0.02f, 0.11f), ref random); break;
        }

        Plaster(canvas, cell: 1.5f, random.Between(0, 0.035f), ref random);
    }

    /// <summary>A plate of another colour around the middle, with a darker or lighter edge.</summary>
    public static void Plate(Canvas canvas, Colour colour, Pose pose, ref SeededRandom random)
    {
        var (sin, cos) = Angle.Of(pose.Degrees);
        var (halfX, halfY) = (random.Between(11, 19), random.Between(10, 17));
        var oval = random.Chance(0.3f);
        var edge = random.Chance(0.6f) ? random.Between(-0.3f, 0.3f) : 0;
        for (var y = 0; y < Canvas.Side; y++)
        {
            for (var x = 0; x < Canvas.Side; x++)
            {
                var (dx, dy) = (x - pose.X, y - pose.Y);
                var (u, v) = (Math.Abs(cos * dx + sin * dy), Math.Abs(cos * dy - sin * dx));
                // Pixels inside the plate's edge, exactly for a box and roughly for an oval.
                var inside = oval
                    ? (1 - MathF.Sqrt(u * u / (halfX * halfX) + v * v / (halfY * halfY))) * Math.Min(halfX, halfY)
                    : Math.Min(halfX - u, halfY - v);
                var cover = Math.Clamp(inside + 0.5f, 0, 1);
                var rim = edge * Math.Clamp(1.8f - Math.Abs(inside - 1), 0, 1);
                var at = y * Canvas.Side + x;
                for (var c = 0; c < 3; c++)
                    canvas.Planes[c][at] += cover * (colour[c] + rim - canvas.Planes[c][at]);
            }
        }
    }

    /// <summary>Light that falls off across the picture, or the soft edge of a shadow.</summary>
    public static void Light(Canvas canvas, ref SeededRandom random)
    {
        var (sin, cos) = Angle.Of(random.Next(360));
        var edge = random.Chance(0.3f);
        var depth = edge ? random.Between(0.2f, 0.4f) : random.Between(0, 0.3f);
        var (softness, place) = edge ? (random.Between(0.25f, 1), random.Between(-10, 10)) : (1f / 32, 0);
        for (var y = 0; y < Canvas.Side; y++)
        {
            for (var x = 0; x < Canvas.Side; x++)
            {
                var along = cos * (x - Canvas.Side / 2) + sin * (y - Canvas.Side / 2) - place;
                var light = 1 - depth * Math.Clamp(0.5f + softness * along, 0, 1);
                for (var c = 0; c < 3; c++)
                    canvas.Planes[c][y * Canvas.Side + x] *= light;
            }
        }
    }

    /// <summary>Noise on a grid of the given cell, smooth between its points.</summary>
    private void Plaster(Canvas canvas, float cell, float strength, ref SeededRandom random)
    {
        const int most = 28;
        Span<float> grid = stackalloc float[most * most];
        var points = Math.Min(most, (int)(Canvas.Side / cell) + 2);
        for (var i = 0; i < points * points; i++)
            grid[i] = random.NextBell();
        for (var y = 0; y < Canvas.Side; y++)
        {
            var (row, v) = Split(y / cell);
            for (var x = 0; x < Canvas.Side; x++)
            {
                var (column, u) = Split(x / cell);
                var at = Math.Min(row, points - 2) * points + Math.Min(column, points - 2);
                var above = grid[at] + u * (grid[at + 1] - grid[at]);
                var below = grid[at + points] + u * (grid[at + points + 1] - grid[at + points]);
                _grain[y * Canvas.Side + x] = strength * (above + v * (below - above));
            }
        }

        Add(canvas);

        static (int Whole, float Part) Split(float position)
        {
            var part = position - (int)position;
            return ((int)position, part * part * (3 - 2 * part));
        }
    }

    private void Bricks(Canvas canvas, ref SeededRandom random)
    {
        var (height, joint) = (random.Between(5, 11), random.Between(0.8f, 1.8f));
        var width = height * random.Between(1.6f, 2.6f);
        var (offsetX, offsetY) = (random.Between(0, width), random.Between(0, height));
        var (mortar, variety) = (random.Between(-0.22f, 0.22f), random.Between(0.01f, 0.06f));
        Span<float> shades = stackalloc float[64];
        foreach (ref var shade in shades)
            shade = variety * random.NextBell();
        for (var y = 0; y < Canvas.Side; y++)
        {
            var row = (int)((y + offsetY) / height);
            var v = y + offsetY - row * height;
            for (var x = 0; x < Canvas.Side; x++)
            {
                var across = x + offsetX + (row % 2) * width / 2;
                var column = (int)(across / width);
                var u = across - column * width;
                _grain[y * Canvas.Side + x] = u < joint || v < joint ? mortar : shades[(row * 7 + column) % shades.Length];
            }
        }

        Add(canvas);
    }

    private void Planks(Canvas canvas, ref SeededRandom random)
    {
        var (sin, cos) = Angle.Of(random.Chance(0.5f) ? 0 : random.Chance(0.6f) ? 90 : random.Next(180));
        var (width, gap, offset) = (random.Between(4, 13), random.Between(0.5f, 1.5f), random.Between(60, 90));
        var (groove, variety) = (random.Between(-0.28f, 0.18f), random.Between(0.01f, 0.06f));
        Span<float> shades = stackalloc float[64];
        foreach (ref var shade in shades)
            shade = variety * random.NextBell();
        for (var y = 0; y < Canvas.Side; y++)
        {
            for (var x = 0; x < Canvas.Side; x++)
            {
                var across = cos * x + sin * y + offset;
                var plank = (int)(across / width);
                _grain[y * Canvas.Side + x] = across - plank * width < gap ? groove : shades[plank % shades.Length];
            }
        }

        Add(canvas);
    }

    /// <summary>A highlight as on metal.</summary>
    private void Sheen(Canvas canvas, ref SeededRandom random)
    {
        var (x0, y0) = (random.Between(0, Canvas.Side), random.Between(0, Canvas.Side));
        var (radius, strength) = (random.Between(8, 28), random.Between(-0.2f, 0.2f));
        for (var y = 0; y < Canvas.Side; y++)
        {
            for (var x = 0; x < Canvas.Side; x++)
            {
                var q = ((x - x0) * (x - x0) + (y - y0) * (y - y0)) / (radius * radius);
                _grain[y * Canvas.Side + x] = strength / (1 + q);
            }
        }

        Add(canvas);
    }

    private void Add(Canvas canvas)
    {
        foreach (var plane in canvas.Planes)
        {
            for (var i = 0; i < plane.Length; i++)
                plane[i] += _grain[i];
        }
    }
}
