using DQPipeline.Declarations;
using SkiaSharp;

namespace DQPipeline.Imaging;

/// <summary>Decodes JPEG and PNG files to planes of bytes of one size. Safe to use on several threads.</summary>
/// <param name="width">Columns of every image.</param>
/// <param name="height">Rows of every image.</param>
/// <param name="resize">Whether images of another size are resized; else they are refused.</param>
/// <param name="reference">The image that set the size, for the message of a refusal.</param>
internal sealed class ImageDecoder(int width, int height, bool resize, string reference)
{
    private const int LargestSide = 16384;

    /// <summary>Images above this are decoded one at a time: sixteen at once of the largest would take 16 GB.</summary>
    private const long LargePixels = 1 << 24;

    private static readonly object OneLarge = new();

    /// <summary>Bytes of a decoded image: R, G and B planes.</summary>
    public int ImageBytes => 3 * width * height;

    /// <summary>The size that a file's header declares.</summary>
    /// <exception cref="DqException">DQ2002: no JPEG or PNG. DQ2004: larger than 16384 pixels a side.</exception>
    public static (int Width, int Height) SizeOf(ReadOnlySpan<byte> file, string name)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = Open(data, name);
        return (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>Decodes a file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="planes">Takes <see cref="ImageBytes"/> bytes.</param>
    /// <param name="name">The file's name for a message.</param>
    /// <exception cref="DqException">DQ2002 damaged, DQ2003 another size, DQ2004 larger than 16384 pixels a side.</exception>
    public void Decode(ReadOnlySpan<byte> file, Span<byte> planes, string name)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = Open(data, name);
        var (w, h) = (codec.Info.Width, codec.Info.Height);
        if (!resize && (w != width || h != height))
            throw new DqException(DiagnosticCodes.ImageSize, $"{name} has {w}×{h} pixels, and {reference} has {width}×{height}. Give all images one size, or set 'size' to have them resized.");
        if ((long)w * h <= LargePixels)
        {
            Decode(codec, planes, name);
            return;
        }

        lock (OneLarge)
            Decode(codec, planes, name);
    }

    private static SKCodec Open(SKData data, string name)
    {
        var codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png))
        {
            codec?.Dispose();
            throw Damaged(name, "it is no JPEG or PNG image");
        }

        if (codec.Info.Width <= LargestSide && codec.Info.Height <= LargestSide)
            return codec;
        var size = $"{codec.Info.Width}×{codec.Info.Height}";
        codec.Dispose();
        throw new DqException(DiagnosticCodes.UnsafeArchive, $"{name} declares {size} pixels; images of up to {LargestSide}×{LargestSide} are read. Make it smaller, or remove it.");
    }

    private void Decode(SKCodec codec, Span<byte> planes, string name)
    {
        // JPEG can be decoded at 1/2, 1/4 or 1/8 for a fraction of the time; twice the wanted size leaves the filter its work.
        var decoded = new SKSizeI(codec.Info.Width, codec.Info.Height);
        if (resize)
        {
            var scale = Math.Min(1f, 2f * Math.Max(width / (float)decoded.Width, height / (float)decoded.Height));
            decoded = codec.GetScaledDimensions(scale);
        }

        // Colours premultiplied with alpha are colours laid on black. No colour space: the bytes are taken as they stand, as other decoders do.
        var info = new SKImageInfo(decoded.Width, decoded.Height, SKColorType.Rgba8888, codec.Info.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Premul);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            throw Damaged(name, result == SKCodecResult.IncompleteInput ? "it was cut short" : $"the decoder says {result}");

        Planes(bitmap.GetPixelSpan(), decoded.Width, decoded.Height, planes, width, height);
    }

    /// <summary>Interleaved RGBA as R, G and B planes of the wanted size.</summary>
    public static void Planes(ReadOnlySpan<byte> rgba, int fromWidth, int fromHeight, Span<byte> planes, int width, int height)
    {
        if (fromWidth == width && fromHeight == height)
            Separate(rgba, planes);
        else
            Resampler.Resize(rgba, fromWidth, fromHeight, planes, width, height);
    }

    private static void Separate(ReadOnlySpan<byte> rgba, Span<byte> planes)
    {
        var size = planes.Length / 3;
        var red = planes[..size];
        var green = planes.Slice(size, size);
        var blue = planes.Slice(2 * size, size);
        for (var i = 0; i < size; i++)
        {
            var pixel = rgba.Slice(4 * i, 4);
            red[i] = pixel[0];
            green[i] = pixel[1];
            blue[i] = pixel[2];
        }
    }

    private static DqException Damaged(string name, string why) => new(DiagnosticCodes.DataCorrupt, $"{name} cannot be decoded: {why}. Replace the image, or remove it.");
}
