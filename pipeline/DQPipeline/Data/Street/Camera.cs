namespace DQPipeline.Data.Street;

/// <summary>What a cheap camera does to a picture: blur, exposure, sensor noise, lossy compression.</summary>
internal sealed class Camera
{
    private readonly BlockCodec _codec = new();

    /// <summary>Takes the picture and writes the visible part.</summary>
    /// <param name="canvas">What stands before the camera; it is changed.</param>
    /// <param name="random">Draws the faults.</param>
    /// <param name="planes">Takes R, G and B planes of 32×32 bytes.</param>
    public void Take(Canvas canvas, ref SeededRandom random, Span<byte> planes)
    {
        Blur(canvas, ref random);
        Expose(canvas, ref random);
        Noise(canvas, ref random);
        if (random.Chance(0.5f))
            _codec.Compress(canvas, random.Between(0.3f, 1.9f));
        for (var c = 0; c < 3; c++)
        {
            for (var y = 0; y < Canvas.Inner; y++)
            {
                var row = canvas.Planes[c].AsSpan((y + Canvas.Margin) * Canvas.Side + Canvas.Margin, Canvas.Inner);
                for (var x = 0; x < row.Length; x++)
                    planes[(c * Canvas.Inner + y) * Canvas.Inner + x] = (byte)(Math.Clamp(row[x], 0, 1) * 255 + 0.5f);
            }
        }
    }

    private static void Blur(Canvas canvas, ref SeededRandom random)
    {
        var passes = random.Chance(0.18f) ? 3 : 1;
        var amount = random.Between(0, 0.25f);
        var shaken = random.Chance(0.08f);
        var direction = random.Chance(0.5f) ? 1 : Canvas.Side;
        foreach (var plane in canvas.Planes)
        {
            for (var pass = 0; pass < passes; pass++)
                canvas.Smooth(plane, amount);
            for (var pass = 0; shaken && pass < 3; pass++)
                canvas.Smooth(plane, 0.25f, direction);
        }
    }

    private static void Expose(Canvas canvas, ref SeededRandom random)
    {
        var gain = random.Between(0.75f, 1.15f);
        var offset = random.Between(-0.04f, 0.08f);
        // A parabola through (0,0) and (1,1) instead of a power: lighter or darker middle tones without a function that machines compute differently.
        var bend = random.Between(-0.4f, 0.4f);
        for (var c = 0; c < 3; c++)
        {
            var cast = gain * random.Between(0.92f, 1.08f);
            var plane = canvas.Planes[c];
            for (var i = 0; i < plane.Length; i++)
            {
                var value = Math.Clamp(plane[i], 0, 1);
                plane[i] = cast * (value + bend * value * (1 - value)) + offset;
            }
        }
    }

    private static void Noise(Canvas canvas, ref SeededRandom random)
    {
        var grey = random.Chance(0.75f) ? random.Between(0, 0.025f) : random.Between(0.025f, 0.06f);
        var colour = grey * random.Between(0, 0.7f);
        var (red, green, blue) = (canvas.Planes[0], canvas.Planes[1], canvas.Planes[2]);
        for (var i = 0; i < Canvas.Area; i++)
        {
            var all = grey * random.NextBell();
            red[i] += all + colour * random.NextBell();
            green[i] += all;
            blue[i] += all + colour * random.NextBell();
        }
    }
}
