namespace DQPipeline.Data.Street;

/// <summary>What all digits of one house number have in common.</summary>
/// <param name="Weight">Half the width of an upright stroke, in em.</param>
/// <param name="Contrast">Width of a level stroke in proportion to an upright one.</param>
/// <param name="Width">Stretch of the glyphs' width.</param>
/// <param name="Slant">Shear to the right, in em per em of height.</param>
/// <param name="Angular">Whether curves are cut to straight pieces.</param>
/// <param name="Serif">Whether strokes end in small cross strokes.</param>
/// <param name="Shapes">Bits that choose among the shapes that a digit has.</param>
internal readonly record struct Lettering(float Weight, float Contrast, float Width, float Slant, bool Angular, bool Serif, uint Shapes)
{
    /// <summary>A lettering drawn by lot.</summary>
    public static Lettering Draw(ref SeededRandom random) => new(
        Weight: random.Between(0.045f, 0.115f),
        Contrast: random.Chance(0.5f) ? 1 : random.Between(0.45f, 1),
        Width: random.Between(0.78f, 1.2f),
        Slant: random.Chance(0.6f) ? random.Between(-0.06f, 0.06f) : random.Between(-0.12f, 0.3f),
        Angular: random.Chance(0.12f),
        Serif: random.Chance(0.3f),
        Shapes: random.NextBits());

    /// <summary>Distance from one digit to the next, in em.</summary>
    public float Advance => 0.62f * Width + 2 * Weight;
}

/// <summary>The ten digits, each in the shapes that house numbers have. Drawn by hand from lines, arcs and Bézier curves: no font is involved.</summary>
internal static class Glyphs
{
    /// <summary>A digit's middle lines.</summary>
    public static Outline Of(int digit, Lettering lettering)
    {
        var outline = new Outline(lettering.Angular);
        var shape = (int)(lettering.Shapes >> (2 * digit) & 3);
        return digit switch
        {
            0 => Zero(outline, shape),
            1 => One(outline, shape, lettering.Serif),
            2 => Two(outline, shape, lettering.Serif),
            3 => Three(outline, shape, lettering.Serif),
            4 => Four(outline, shape, lettering.Serif),
            5 => Five(outline, shape, lettering.Serif),
            6 => Six(outline, shape),
            7 => Seven(outline, shape, lettering.Serif),
            8 => Eight(outline, shape),
            _ => Six(outline, shape).Turned(),
        };
    }

    private static Outline Zero(Outline o, int shape) => shape switch
    {
        0 => o.Ring(0, 0, 0.30f, 0.5f),
        1 => o.Arc(0, -0.24f, 0.26f, 0.26f, 180, 360).Line(0.26f, 0.24f).Arc(0, 0.24f, 0.26f, 0.26f, 0, 180, joined: true).Line(-0.26f, -0.24f),
        _ => o.Ring(0, 0, 0.27f, 0.5f),
    };

    private static Outline One(Outline o, int shape, bool serif)
    {
        // Without flag and foot it is a mere bar: rare, and always without serifs.
        if (shape == 0 && !serif)
            return o.Move(0, -0.5f).Line(0, 0.5f);
        o.Move(-0.17f, -0.32f).Curve(-0.08f, -0.36f, 0.01f, -0.42f, 0.04f, -0.5f).Line(0.04f, 0.5f);
        return serif || shape == 1 ? o.Move(-0.15f, 0.5f).Line(0.23f, 0.5f) : o;
    }

    private static Outline Two(Outline o, int shape, bool serif)
    {
        o.Arc(0, -0.24f, 0.26f, 0.26f, -165, 10);
        if (shape < 2)
            o.Curve(0.24f, 0.0f, -0.10f, 0.18f, -0.27f, 0.5f);
        else
            o.Curve(0.22f, -0.05f, 0.12f, 0.06f, -0.27f, 0.5f);
        o.Line(0.27f, 0.5f);
        return serif ? o.Line(0.27f, 0.39f) : o;
    }

    private static Outline Three(Outline o, int shape, bool serif)
    {
        if (shape == 0)
        {
            o.Move(-0.24f, serif ? -0.40f : -0.5f).Line(-0.24f, -0.5f).Line(0.23f, -0.5f).Line(-0.02f, -0.10f);
            return o.Arc(-0.02f, 0.20f, 0.28f, 0.30f, -90, 150, joined: true);
        }

        o.Arc(-0.01f, -0.265f, 0.23f, 0.235f, -155, 90).Line(-0.09f, -0.03f);
        return o.Move(-0.01f, -0.03f).Arc(-0.01f, 0.235f, 0.27f, 0.265f, -90, 155);
    }

    private static Outline Four(Outline o, int shape, bool serif)
    {
        var stem = shape < 2 ? 0.12f : 0.10f;
        if (shape < 2)
            o.Move(0.30f, 0.20f).Line(-0.29f, 0.20f).Line(stem, -0.5f).Line(stem, 0.5f);
        else
            o.Move(-0.17f, -0.5f).Line(-0.27f, 0.12f).Line(0.30f, 0.12f).Move(stem, shape == 2 ? -0.5f : -0.16f).Line(stem, 0.5f);
        return serif ? o.Move(stem - 0.12f, 0.5f).Line(stem + 0.12f, 0.5f) : o;
    }

    private static Outline Five(Outline o, int shape, bool serif)
    {
        o.Move(0.24f, serif ? -0.40f : -0.5f).Line(0.24f, -0.5f).Line(-0.20f, -0.5f);
        return shape == 0
            ? o.Line(-0.22f, -0.10f).Line(0.02f, -0.10f).Arc(0.0f, 0.20f, 0.27f, 0.30f, -90, 145, joined: true)
            : o.Line(-0.22f, -0.04f).Arc(-0.01f, 0.18f, 0.28f, 0.32f, -138, 150, joined: true);
    }

    private static Outline Six(Outline o, int shape) => shape switch
    {
        0 => o.Move(0.11f, -0.5f).Curve(-0.04f, -0.30f, -0.22f, -0.10f, -0.26f, 0.15f).Ring(0, 0.21f, 0.27f, 0.29f),
        1 => o.Move(0.20f, -0.5f).Curve(-0.05f, -0.48f, -0.27f, -0.30f, -0.27f, 0.2f).Ring(0, 0.21f, 0.27f, 0.29f),
        _ => o.Move(0.23f, -0.37f).Curve(0.13f, -0.56f, -0.27f, -0.60f, -0.27f, 0.17f).Ring(0, 0.2f, 0.27f, 0.30f),
    };

    private static Outline Seven(Outline o, int shape, bool serif)
    {
        o.Move(-0.26f, serif ? -0.37f : -0.5f).Line(-0.26f, -0.5f).Line(0.27f, -0.5f);
        if (shape < 2)
            o.Line(-0.08f, 0.5f);
        else
            o.Curve(0.10f, -0.22f, -0.06f, 0.05f, -0.07f, 0.5f);
        return shape is 0 or 3 ? o.Move(-0.13f, 0.02f).Line(0.22f, 0.02f) : o;
    }

    private static Outline Eight(Outline o, int shape) => shape == 0
        ? o.Ring(0, -0.25f, 0.24f, 0.25f).Ring(0, 0.25f, 0.26f, 0.25f)
        : o.Ring(0, -0.265f, 0.215f, 0.235f).Ring(0, 0.235f, 0.275f, 0.265f);
}
