using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DQPipeline.Reports;
using DQPipeline.Reports.Pages;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Fuzz.Targets;

/// <summary>What a report draws of a samples target: predictions.json and images.npz, here one behind the other with the length of the first before them. They are read, or left out.</summary>
internal sealed class NpzTarget : Target, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-fuzz-samples-");
    private readonly SamplesTarget _target = Pipelines.Graph().Targets.OfType<SamplesTarget>().First();
    private readonly Workspace _workspace;

    public NpzTarget() => _workspace = new(_folder.FullName);

    private static readonly string[] s_names = ["declaration", "labels", "samples", "index", "label", "predictions", "model", "clean", "adversarial", "probability", "probabilities", "x", "full"];

    public override string Name => "npz";

    public override IEnumerable<byte[]> Seeds { get; } = [Make(CompressionLevel.NoCompression), Make(CompressionLevel.Fastest)];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "(2, 1, 2, 2)", "(0, 1, 2, 2)", "(2, 3, -1, -4)", "(2, 1, 0, 2)", "(65536, 65536)", "(2, 2, 1, 2, 2)", "'|u1'", "'<f4'", "True", "NUMPY\u0001", "null", "\"samples\":[]", "\"predictions\":null", "\"clean\":null", "\"probabilities\":[", "x.npy", "x_adv.npy");

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string>();

    public void Dispose() => _folder.Delete(recursive: true);

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var length = LengthOf(file);
        if (length == 0 || random.Next(8) == 0)
            return base.Next(file, other, random);
        // Within an entry of the archive as often as around it: nobody checks the checksum of a stored one.
        var (json, rest) = (file.AsSpan(sizeof(int), length).ToArray(), file[(sizeof(int) + length)..]);
        if (random.Next(2) == 0)
            json = JsonMutation.Of(json, random, s_names) ?? json;
        else
            rest = Mutation.Of(rest, random, Words, other);
        return [.. BitConverter.GetBytes(json.Length), .. json, .. rest];
    }

    public override bool Show(byte[] file, string path)
    {
        var length = LengthOf(file);
        var rest = file.AsSpan(Math.Min(sizeof(int), file.Length));
        var json = _workspace.OutputPath(_target.Name, SamplesTarget.PredictionsFile);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(json)!);
        File.WriteAllBytes(json, rest[..length]);
        File.WriteAllBytes(_workspace.OutputPath(_target.Name, SamplesTarget.ImagesFile), rest[length..]);
        if (SampleImages.TryRead(_workspace, _target) is not { } images)
            return false;
        var (channels, height, width) = images.Shape;
        Demand(images.Clean.All(image => image.Length == channels * height * width), "an image is not of the shape");
        Demand(images.Adversarial.All(model => model.Count == images.Clean.Count && model.All(image => image.Length == channels * height * width)), "an adversarial image is not of the shape");
        _ = SamplesSection.Of(images);
        return true;
    }

    /// <summary>The length of the first file, at most of what is there.</summary>
    private static int LengthOf(byte[] file) => file.Length < sizeof(int) ? 0 : Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(file), 0, file.Length - sizeof(int));

    private static byte[] Make(CompressionLevel level)
    {
        var json = Encoding.UTF8.GetBytes("""
            {"declaration":{"a":1},"labels":["x","y"],"samples":[
            {"index":3,"label":"x","predictions":[{"model":"full","clean":{"label":"x","probability":0.75,"probabilities":[0.75,0.25]},"adversarial":{"label":"y","probability":0.6,"probabilities":[0.4,0.6]}}]},
            {"index":4,"label":"y","predictions":[{"model":"full","clean":{"label":"y","probability":0.5,"probabilities":[0.5,0.5]},"adversarial":{"label":"y","probability":0.6,"probabilities":[0.4,0.6]}}]}]}
            """);
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("x.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2, 2), }\n", new byte[8]);
            Add("x_adv.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1, 2, 2), }\n", new byte[32]);

            void Add(string name, string header, byte[] values)
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values]);
            }
        }

        return [.. BitConverter.GetBytes(json.Length), .. json, .. bytes.ToArray()];
    }
}
