namespace DQPipeline.Data.Street;

/// <summary>
/// A linear picture of three planes, numbers from 0 to 1, with a margin around what will be seen: blurs and shadows then need no special case at the edges.
/// </summary>
internal sealed class Canvas
{
    /// <summary>Side of what will be seen.</summary>
    public const int Inner = 32;

    /// <summary>Pixels around it.</summary>
    public const int Margin = 4;

    /// <summary>Side with the margin; a multiple of eight for the vector code.</summary>
    public const int Side = Inner + 2 * Margin;

    /// <summary>Pixels of a plane.</summary>
    public const int Area = Side * Side;

    private readonly float[] _scratch = new float[Area];

    /// <summary>Red, green and blue, each Side×Side.</summary>
    public float[][] Planes { get; } = [new float[Area], new float[Area], new float[Area]];

    /// <summary>Paints a colour through a mask with numbers from 0 (keep) to 1 (paint).</summary>
    public void Paint(ReadOnlySpan<float> mask, Colour colour, float strength = 1)
    {
        for (var c = 0; c < 3; c++)
        {
            var plane = Planes[c];
            var value = colour[c];
            for (var i = 0; i < plane.Length; i++)
                plane[i] += strength * mask[i] * (value - plane[i]);
        }
    }

    /// <summary>Smooths a plane with the kernel (a, 1−2a, a) in both directions.</summary>
    public void Smooth(float[] plane, float a)
    {
        Smooth(plane, a, 1);
        Smooth(plane, a, Side);
    }

    /// <summary>Smooths a plane with the kernel (a, 1−2a, a) along neighbours at a distance: 1 is left and right, Side is above and below.</summary>
    public void Smooth(float[] plane, float a, int distance)
    {
        plane.CopyTo(_scratch, 0);
        for (var i = distance; i < Area - distance; i++)
            plane[i] = _scratch[i] + a * (_scratch[i - distance] - 2 * _scratch[i] + _scratch[i + distance]);
    }
}

/// <summary>A colour, each part from 0 to 1.</summary>
internal readonly record struct Colour(float Red, float Green, float Blue)
{
    public float this[int channel] => channel switch { 0 => Red, 1 => Green, _ => Blue };

    /// <summary>Perceived lightness (BT.601).</summary>
    public float Luma => 0.299f * Red + 0.587f * Green + 0.114f * Blue;

    /// <summary>A colour of a lightness, with a tint drawn by lot.</summary>
    public static Colour Draw(ref SeededRandom random, float luma, float tint)
    {
        var red = tint * (random.NextSingle() - 0.5f);
        var blue = tint * (random.NextSingle() - 0.5f);
        var green = -(0.299f * red + 0.114f * blue) / 0.587f;
        return new Colour(luma + red, luma + green, luma + blue).Clipped();
    }

    /// <summary>The same colour, lighter or darker.</summary>
    public Colour Lighter(float by) => new Colour(Red + by, Green + by, Blue + by).Clipped();

    private Colour Clipped() => new(Math.Clamp(Red, 0, 1), Math.Clamp(Green, 0, 1), Math.Clamp(Blue, 0, 1));
}
