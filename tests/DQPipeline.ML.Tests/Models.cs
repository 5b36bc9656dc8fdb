using DQPipeline.Onnx;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace DQPipeline.ML.Tests;

/// <summary>Small models of 3×8×8 images, images for them, and the rows of an app.</summary>
internal static class Models
{
    public const int Side = 8;
    public const int Size = 3 * Side * Side;

    public static readonly string[] Labels = ["cat", "dog", "frog", "ship"];

    private static readonly Lazy<byte[]> LazyInteger = new(MakeInteger);

    public static byte[] Integer => LazyInteger.Value;

    public static byte[] Float => OnnxExport.Float(Graph(), Words);

    /// <summary>The same network for images of 3×128×128.</summary>
    public static byte[] Large => OnnxExport.Float(Graph() with { Height = LargeRow.Side, Width = LargeRow.Side }, Words);

    private static Dictionary<string, string> Words => new() { ["labels"] = System.Text.Json.JsonSerializer.Serialize(Labels) };

    public static MLContext Context() => new(seed: 1);

    public static DefensiveQuantizationTransformer Transformer(DefensiveQuantizationOptions? options = null, byte[]? model = null) =>
        new(model ?? Integer, "test", options ?? new());

    /// <summary>Images of noise, each of another brightness and colour.</summary>
    public static byte[][] Pixels(int count, int seed = 3)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                var brightness = Enumerable.Range(0, 3).Select(_ => random.Next(60, 256)).ToArray();
                return Enumerable.Range(0, Size).Select(i => (byte)random.Next(brightness[i / (Side * Side)])).ToArray();
            }),
        ];
    }

    public static float[][] Images(int count, int seed = 3) => Array.ConvertAll(Pixels(count, seed), image => Array.ConvertAll(image, pixel => pixel / 255f));

    /// <summary>What the model says without ML.NET.</summary>
    public static float[][] Logits(float[][] images, byte[]? model = null)
    {
        using var deployed = DeployedModel.Load(model ?? Integer, "test");
        var logits = new float[images.Length * Labels.Length];
        deployed.Run(images.SelectMany(image => image).ToArray(), logits);
        return [.. logits.Chunk(Labels.Length)];
    }

    public static string[] Best(float[][] logits) => Array.ConvertAll(logits, row => Labels[Array.IndexOf(row, row.Max())]);

    /// <summary>An image as ML.NET has it, from planes of pixels.</summary>
    public static MLImage Picture(byte[] planes, MLPixelFormat format = MLPixelFormat.Rgba32, int side = Side)
    {
        var (pixels, plane) = (new byte[4 * side * side], side * side);
        for (var i = 0; i < plane; i++)
        {
            var rgb = new[] { planes[i], planes[plane + i], planes[(2 * plane) + i] };
            if (format == MLPixelFormat.Bgra32)
                Array.Reverse(rgb);
            rgb.CopyTo(pixels, 4 * i);
            pixels[(4 * i) + 3] = 255;
        }

        return MLImage.CreateFromPixels(side, side, format, pixels);
    }

    public static IDataView View(MLContext context, int rows) => context.Data.LoadFromEnumerable(Rows(rows));

    public static Row[] Rows(int count) =>
    [
        .. Images(count).Select((image, i) => new Row { Number = i, Name = $"row {i}", Image = image, Pair = [i, -i], Label = Labels[i % Labels.Length] }),
    ];

    private static byte[] MakeInteger()
    {
        var graph = Graph();
        return OnnxExport.Integer(graph, new Calibration(graph, threads: 1).Run(() => [Images(40, seed: 9).SelectMany(image => image).ToArray()]), Words);
    }

    private static LayerGraph Graph()
    {
        var random = new Random(8);
        return new(
            [
                new ImageLayer("image", 0, 1),
                new ConvolutionLayer("conv1", 0, Floats(6 * 3 * 9), Floats(6), 6, 3, 3, 1),
                new ActivationLayer("relu1", 1, IsTanh: false, 6, 15),
                new MaxPoolLayer("pool", 2),
                new ConvolutionLayer("conv2", 3, Floats(6 * 6 * 9), Floats(6), 6, 6, 3, 1),
                new ActivationLayer("relu2", 4, IsTanh: false, 6, 15),
                new HeadLayer("linear", 5, Array.ConvertAll(Floats(24), w => 4 * w), Floats(4)),
            ],
            3, Side, Side, 4);

        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    internal sealed class Row
    {
        public float Number { get; set; }

        public string Name { get; set; } = "";

        [VectorType(Size)]
        public float[] Image { get; set; } = [];

        [VectorType(2)]
        public float[] Pair { get; set; } = [];

        public string Label { get; set; } = "";
    }

    internal sealed class LargeRow
    {
        public const int Side = 128;
        public const int Size = 3 * Side * Side;

        [VectorType(Size)]
        public float[] Image { get; set; } = [];
    }

    internal sealed class PictureRow
    {
        public int Number { get; set; }

        [ImageType(Side, Side)]
        public MLImage Image { get; set; } = null!;
    }

    internal sealed class Encoded
    {
        public byte[] Image { get; set; } = [];
    }

    internal class Answer
    {
        public string PredictedLabel { get; set; } = "";

        public uint PredictedLabelKey { get; set; }

        public float[] Score { get; set; } = [];
    }

    internal sealed class NamedAnswer : Answer
    {
        public float Number { get; set; }

        public string Name { get; set; } = "";

        public float[] Pair { get; set; } = [];
    }
}
