using System.Globalization;
using DQPipeline.Reports.Drawing;

namespace DQPipeline.Reports.Tests;

/// <summary>Colours by the formulas of WCAG 2.2.</summary>
public class PaletteTests
{
    [Fact]
    public void Every_series_stands_out_from_the_page_in_both_schemes()
    {
        Assert.Equal(Palette.Light.Count, Palette.Dark.Count);
        Assert.All(Palette.Light, colour => Assert.InRange(Contrast(colour, Palette.Background.Light), 3, 21));
        Assert.All(Palette.Dark, colour => Assert.InRange(Contrast(colour, Palette.Background.Dark), 3, 21));
        Assert.Equal(Palette.Light.Count, Palette.Light.Concat(Palette.Dark).Distinct().Count() / 2);
    }

    [Fact]
    public void The_formula_is_the_one_of_the_recommendation()
    {
        Assert.Equal(21, Contrast("#000000", "#ffffff"), 6);
        // #777777 on white is known for falling just short of the 4.5 that text needs.
        Assert.InRange(Contrast("#777777", "#ffffff"), 4.4, 4.5);
    }

    private static double Contrast(string one, string other)
    {
        var (first, second) = (Luminance(one), Luminance(other));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string colour)
    {
        double Channel(int at)
        {
            var value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Channel(1)) + (0.7152 * Channel(3)) + (0.0722 * Channel(5));
    }
}
