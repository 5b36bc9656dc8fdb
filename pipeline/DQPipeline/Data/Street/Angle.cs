namespace DQPipeline.Data.Street;

/// <summary>Sine and cosine that are the same on every machine: those of the C library differ in their last bits from one to the next.</summary>
internal static class Angle
{
    /// <summary>Sine and cosine of an angle in degrees, to about 10⁻⁹ before rounding to float.</summary>
    public static (float Sin, float Cos) Of(double degrees)
    {
        var quarter = Math.Round(degrees / 90);
        var r = (degrees - 90 * quarter) * (Math.PI / 180);
        var q = r * r;
        var sin = r * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
        var cos = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90))));
        return ((int)quarter & 3) switch
        {
            0 => ((float)sin, (float)cos),
            1 => ((float)cos, (float)-sin),
            2 => ((float)-sin, (float)-cos),
            _ => ((float)-cos, (float)sin),
        };
    }
}
