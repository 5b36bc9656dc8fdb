using DQPipeline.Declarations;
using DQPipeline.Imaging;
using SkiaSharp;

namespace DQPipeline.Fuzz.Targets;

/// <summary>JPEG and PNG files.</summary>
internal sealed class PictureTarget : Target
{
    public override string Name => "picture";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(SKEncodedImageFormat.Jpeg, 8), Make(SKEncodedImageFormat.Png, 8), Make(SKEncodedImageFormat.Jpeg, 40), Make(SKEncodedImageFormat.Png, 40)];

    public override IReadOnlyList<byte[]> Words { get; } =
        [[0xff, 0xd8], [0xff, 0xc0], [0xff, 0xc2], [0xff, 0xc4], [0xff, 0xda], [0xff, 0xdb], [0xff, 0xd9], [0xff, 0xe0], [0xff, 0xe1, 0, 8], [0xff, 0xff], .. Pieces("IHDR", "IDAT", "PLTE", "tRNS", "IEND", "acTL", "iCCP", "Exif\0\0", "GIF89a", "RIFF", "WEBPVP8 "), [0, 0, 64, 1], [0x7f, 0xff, 0xff, 0xff]];

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.UnsafeArchive };

    public override bool Show(byte[] file, string path)
    {
        var planes = ImageFiles.Decode(file, 3, 16, 16, "picture");
        Demand(planes.Length == 768, "another size than was asked for");
        return true;
    }

    public static byte[] Make(SKEncodedImageFormat format, int side)
    {
        using var bitmap = new SKBitmap(side, side);
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(x * 31), (byte)(y * 17), (byte)(x * y)));
        }

        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }
}
