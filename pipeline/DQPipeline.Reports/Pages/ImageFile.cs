using SkiaSharp;

namespace DQPipeline.Reports.Pages;

/// <summary>Pictures of images as PNG.</summary>
internal static class ImageFile
{
    /// <summary>An image, uint8 C×H×W.</summary>
    public static byte[] Of(byte[] image, (int Channels, int Height, int Width) shape) => Encode(shape, at => image[at]);

    /// <summary>An image, float32 C×H×W in [0, 1].</summary>
    public static byte[] Of(float[] image, (int Channels, int Height, int Width) shape) => Encode(shape, at => ToByte(255 * image[at]));

    /// <summary>What was changed between two: −ε is black, nothing the grey between, +ε white.</summary>
    public static byte[] OfChange(byte[] clean, float[] adversarial, (int Channels, int Height, int Width) shape, double epsilon) =>
        Encode(shape, at => ToByte(127.5 + (127.5 * ((255 * adversarial[at]) - clean[at]) / Math.Max(epsilon, 1e-6))));

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);

    private static byte[] Encode((int Channels, int Height, int Width) shape, Func<int, byte> value)
    {
        var plane = shape.Height * shape.Width;
        using var bitmap = new SKBitmap(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < plane; i++)
        {
            var (red, last) = (value(i), shape.Channels - 1);
            bitmap.SetPixel(i % shape.Width, i / shape.Width, new SKColor(red, value((last > 0 ? plane : 0) + i), value((last * plane) + i)));
        }

        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }
}
