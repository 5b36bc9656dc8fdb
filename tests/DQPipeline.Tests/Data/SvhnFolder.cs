using DQPipeline.Data;
using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>A folder of small SVHN files whose pixels follow a formula.</summary>
internal sealed class SvhnFolder : IDisposable
{
    public const int Height = 3, Width = 2, ImageBytes = 3 * Height * Width;

    private readonly string _folder = Directory.CreateTempSubdirectory("dq-svhn-").FullName;

    public string Path => _folder;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public string At(string name) => System.IO.Path.Combine(_folder, name);

    public ImageDataset Load(bool extra = false, int train = 0) => Datasets.Load(new SvhnDeclaration { Path = _folder, Extra = extra, Train = train, Seed = 7 });

    public Diagnostic Fails(string code = DiagnosticCodes.DataCorrupt, bool extra = false)
    {
        var diagnostic = Assert.Throws<DqException>(() => Load(extra)).Diagnostics[0];
        Assert.Equal(code, diagnostic.Code);
        return diagnostic;
    }

    /// <summary>The file of a split from its parts, X before y.</summary>
    public void Write(string split, int[] labels, bool compressed = false, bool bigEndian = false) =>
        Write(split, Images(new MatWriter(bigEndian), split, labels.Length, compressed).Add("y", MatClass.Double, [labels.Length, 1], MatType.Double, labels.Select(y => (double)y), compressed));

    public void Write(string split, MatWriter file) => File.WriteAllBytes(At($"{split}_32x32.mat"), file.ToArray());

    public static MatWriter Images(MatWriter file, string split, int count, bool compressed = false, int height = Height, int width = Width) =>
        file.Add("X", MatClass.UInt8, [height, width, 3, count], MatType.UInt8, Columns(split, count, height, width).Select(b => (double)b), compressed);

    /// <summary>The pixels as MATLAB orders them: rows fastest, then columns, channels, images.</summary>
    public static IEnumerable<byte> Columns(string split, int count, int height = Height, int width = Width) =>
        from image in Enumerable.Range(0, count)
        from channel in Enumerable.Range(0, 3)
        from x in Enumerable.Range(0, width)
        from y in Enumerable.Range(0, height)
        select Pixel(split, image, channel, y, x);

    /// <summary>What an image should be.</summary>
    public static byte[] Rows(string split, int image) =>
    [
        .. from channel in Enumerable.Range(0, 3)
           from y in Enumerable.Range(0, Height)
           from x in Enumerable.Range(0, Width)
           select Pixel(split, image, channel, y, x),
    ];

    private static byte Pixel(string split, int image, int channel, int y, int x) => (byte)(split.Length * 101 + image * 37 + channel * 59 + y * 17 + x * 5);
}
