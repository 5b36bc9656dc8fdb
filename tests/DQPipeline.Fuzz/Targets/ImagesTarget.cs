using System.IO.Compression;
using DQPipeline.Data;
using DQPipeline.Declarations;
using SkiaSharp;

namespace DQPipeline.Fuzz.Targets;

/// <summary>Image folders as archives: with bytes changed, and made anew of hostile names, sizes and pictures.</summary>
internal sealed class ImagesTarget : Target
{
    private static readonly string[] s_names =
        ["train/a/1.png", "train/b/1.jpg", "test/a/1.png", "test/b/2.PNG", "train/a/../../x.png", "/train/a/1.png", "C:/train/a/1.png", "train\\b\\9.jpg", "train/\n\u001b[31m/1.png", "train/a/.hidden.png", "top/train/a/1.png", "train//1.png", "./train/a/3.png", "train/a/", "test/z/1.png", "__MACOSX/train/a/1.png", ".", "./."];

    private static readonly byte[] s_png = PictureTarget.Make(SKEncodedImageFormat.Png, 4), s_jpeg = PictureTarget.Make(SKEncodedImageFormat.Jpeg, 4);

    public override string Name => "images";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(CompressionLevel.NoCompression, s_names[..4], _ => s_png), Make(CompressionLevel.Fastest, s_names[..4], i => i % 2 == 0 ? s_png : s_jpeg)];

    public override IReadOnlyList<byte[]> Words { get; } = [.. Pieces([.. s_names, "PK\u0003\u0004", "PK\u0001\u0002", "PK\u0005\u0006", "PK\u0006\u0006"]), [8, 0], [9, 0], [99, 0], [255, 255, 255, 255]];

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.DataMissing, DiagnosticCodes.DataUnfit, DiagnosticCodes.ImageSize, DiagnosticCodes.UnsafeArchive };

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        if (random.Next(2) == 0)
            return base.Next(file, other, random);
        var names = s_names[..4].Concat(Enumerable.Range(0, random.Next(4)).Select(_ => s_names[random.Next(s_names.Length)])).Where(_ => random.Next(8) > 0).ToArray();
        var made = Make(random.Next(2) == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression, names, _ => random.Next(16) == 0 ? new byte[1 << random.Next(24)] : random.Next(4) == 0 ? Mutation.Of(s_png, random) : s_png);
        return random.Next(4) == 0 ? Mutation.Of(made, random, Words) : made;
    }

    public override bool Show(byte[] file, string path)
    {
        var zip = path + ".zip";
        File.Move(path, zip, overwrite: true);
        try
        {
            var data = Datasets.Load(new ImageFolderDeclaration { Path = zip });
            Demand(data.Train.Count == data.Train.Classes.Length, "images without classes");
            return true;
        }
        finally
        {
            File.Move(zip, path, overwrite: true);
        }
    }

    private static byte[] Make(CompressionLevel level, IEnumerable<string> names, Func<int, byte[]> content)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (i, name) in names.Index())
            {
                using var entry = archive.CreateEntry(name, level).Open();
                if (!name.EndsWith('/'))
                    entry.Write(content(i));
            }
        }

        return bytes.ToArray();
    }
}
