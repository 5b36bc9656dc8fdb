using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;

namespace DQPipeline.Reports;

/// <summary>Sample images with what the models say to them: the files of a samples target.</summary>
/// <param name="Target">The target.</param>
/// <param name="Content">Classes and probabilities.</param>
/// <param name="Shape">Channels, height and width of an image.</param>
/// <param name="Clean">Each image, uint8 C×H×W.</param>
/// <param name="Adversarial">By model, then image: float32 C×H×W in [0, 1].</param>
public sealed record SampleImages(SamplesTarget Target, SamplesContent Content, (int Channels, int Height, int Width) Shape, IReadOnlyList<byte[]> Clean, IReadOnlyList<IReadOnlyList<float[]>> Adversarial)
{
    /// <summary>Reads what is placed; null where it is not here, or is not what this program writes.</summary>
    public static SampleImages? TryRead(Workspace workspace, SamplesTarget target)
    {
        if (SamplesFile.TryRead(workspace.OutputPath(target.Name, SamplesTarget.PredictionsFile)) is not { } content)
            return null;
        try
        {
            using var zip = ZipFile.OpenRead(workspace.OutputPath(target.Name, SamplesTarget.ImagesFile));
            var (shape, bytes) = Array(zip, "x.npy", "|u1");
            var (attackedShape, attacked) = Array(zip, "x_adv.npy", "<f4");
            var (count, models) = (content.Samples.Count, content.Samples.Count > 0 ? content.Samples[0].Predictions.Count : 0);
            if (shape is not [var images, 1 or 3, > 0, > 0] || images != count || !attackedShape.SequenceEqual([models, .. shape]) || content.Samples.Any(sample => sample.Predictions.Count != models))
                return null;
            var size = shape[1] * shape[2] * shape[3];
            return new(target, content, (shape[1], shape[2], shape[3]), [.. bytes.Chunk(size)], [.. Floats(attacked).Chunk(size * count).Select(model => (IReadOnlyList<float[]>)[.. model.Chunk(size)])]);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or OverflowException || AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    private static float[] Floats(byte[] bytes)
    {
        var values = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        return values;
    }

    /// <summary>An array of an .npz in C order: magic, version, the header's length, the header as a Python literal, the values (NumPy's format 1.0).</summary>
    private static (int[] Shape, byte[] Values) Array(ZipArchive zip, string name, string type)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing");
        using var stream = entry.Open();
        Span<byte> start = stackalloc byte[10];
        stream.ReadExactly(start);
        if (start[0] != 0x93 || !start[1..].StartsWith("NUMPY\u0001"u8))
            throw new InvalidDataException($"{name} is no NumPy array");
        var header = new byte[BinaryPrimitives.ReadUInt16LittleEndian(start[8..])];
        stream.ReadExactly(header);
        var text = Encoding.ASCII.GetString(header);
        var (open, close) = (text.IndexOf('(', StringComparison.Ordinal), text.IndexOf(')', StringComparison.Ordinal));
        if (open < 0 || close < open || !text.Contains($"'{type}'", StringComparison.Ordinal) || text.Contains("True", StringComparison.Ordinal))
            throw new InvalidDataException($"{name} is not of {type}");
        int[] shape = [.. text[(open + 1)..close].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
        var values = new byte[checked(shape.Aggregate(type[^1] - '0', (product, axis) => checked(product * axis)))];
        stream.ReadExactly(values);
        return (shape, values);
    }
}
