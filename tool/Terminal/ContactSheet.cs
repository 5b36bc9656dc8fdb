using DQPipeline.Data;
using SkiaSharp;

namespace DQPipeline.Tool.Terminal;

/// <summary>A picture of a data set: a row for each class.</summary>
internal static class ContactSheet
{
    private const int Gap = 4;

    public static void Write(string path, ImageDataset data, ImageSplit split, int perClass)
    {
        var scale = Math.Max(1, 64 / Math.Max(data.Width, data.Height));
        var rows = Math.Min(data.Labels.Count, 20);
        using var sheet = new SKBitmap((perClass * ((data.Width * scale) + Gap)) + Gap, (rows * ((data.Height * scale) + Gap)) + Gap);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var label = 0; label < rows; label++)
        {
            var column = 0;
            for (var i = 0; i < split.Count && column < perClass; i++)
            {
                if (split.Classes[i] != label)
                    continue;
                using var image = Picture(data, split.Image(i));
                var left = Gap + (column * ((data.Width * scale) + Gap));
                var top = Gap + (label * ((data.Height * scale) + Gap));
                canvas.DrawBitmap(image, SKRect.Create(left, top, data.Width * scale, data.Height * scale));
                column++;
            }
        }

        using var encoded = sheet.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        encoded.SaveTo(file);
    }

    private static SKBitmap Picture(ImageDataset data, ReadOnlySpan<byte> planes)
    {
        var bitmap = new SKBitmap(data.Width, data.Height);
        var plane = data.Width * data.Height;
        for (var i = 0; i < plane; i++)
        {
            var red = planes[i];
            var (green, blue) = data.Channels == 3 ? (planes[plane + i], planes[(2 * plane) + i]) : (red, red);
            bitmap.SetPixel(i % data.Width, i / data.Width, new SKColor(red, green, blue));
        }

        return bitmap;
    }
}
