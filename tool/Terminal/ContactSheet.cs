using DQPipeline.Data;
using SkiaSharp;

namespace DQPipeline.Tool.Terminal;

/// <summary>Pictures of many images, without text: a data set by class, or samples and their adversarial versions.</summary>
internal static class ContactSheet
{
    private const int Gap = 4;

    /// <summary>The first images of each class of a split.</summary>
    public static void Write(string path, ImageDataset data, ImageSplit split, int perClass)
    {
        var rows = new List<IReadOnlyList<byte[]>>();
        for (var label = 0; label < Math.Min(data.Labels.Count, 20); label++)
            rows.Add([.. Enumerable.Range(0, split.Count).Where(i => split.Classes[i] == label).Take(perClass).Select(i => split.Image(i).ToArray())]);
        using var file = File.Create(path);
        Write(file, data.Channels, data.Height, data.Width, perClass, rows);
    }

    /// <summary>Rows of images of one size, uint8 C×H×W each, as a PNG.</summary>
    public static void Write(Stream file, int channels, int height, int width, int columns, IReadOnlyList<IReadOnlyList<byte[]>> rows)
    {
        var scale = Math.Max(1, 64 / Math.Max(width, height));
        using var sheet = new SKBitmap((columns * ((width * scale) + Gap)) + Gap, (rows.Count * ((height * scale) + Gap)) + Gap);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < rows[row].Count; column++)
            {
                using var image = Picture(channels, height, width, rows[row][column]);
                var left = Gap + (column * ((width * scale) + Gap));
                var top = Gap + (row * ((height * scale) + Gap));
                canvas.DrawBitmap(image, SKRect.Create(left, top, width * scale, height * scale));
            }
        }

        using var encoded = sheet.Encode(SKEncodedImageFormat.Png, 100);
        encoded.SaveTo(file);
    }

    private static SKBitmap Picture(int channels, int height, int width, ReadOnlySpan<byte> planes)
    {
        var bitmap = new SKBitmap(width, height);
        var plane = width * height;
        for (var i = 0; i < plane; i++)
        {
            var red = planes[i];
            var (green, blue) = channels == 3 ? (planes[plane + i], planes[(2 * plane) + i]) : (red, red);
            bitmap.SetPixel(i % width, i / width, new SKColor(red, green, blue));
        }

        return bitmap;
    }
}
