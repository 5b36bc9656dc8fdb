using System.Diagnostics;
using System.Globalization;
using DQPipeline.Export;
using DQPipeline.ML;
using DQPipeline.Native;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// 2,000 rows of an ML.NET view through our transformer, against ONNX Runtime called directly with batches of 64 and against ML.NET's own OnnxTransformer: the same files, the
/// same arrays, one thread, in one run. Each contender reads every row's logits; the direct one copies each batch's rows together.
/// </summary>
internal static class MlnetBenchmark
{
    private const int Rows = 2000;
    private const int Batch = 64;

    public static int Run(int rounds)
    {
        // ML.NET's transformer takes a second thread whatever it is told.
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
            Process.GetCurrentProcess().ProcessorAffinity = 1;
        NativeBackend.Load();
        set_num_threads(1);
        Console.WriteLine($"{Rows} rows, 1 processor, {rounds} rounds, medians of ratios within a round. {DateTime.UtcNow:yyyy-MM-dd}, {TrainingBenchmark.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| model | transformer, µs a row | of the runtime's speed, batches of 64 | × stock OnnxTransformer |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (var name in new[] { "vgg-s", "tiny" })
        {
            var graph = name == "tiny" ? Tiny() : VggS();
            var words = new Dictionary<string, string> { ["labels"] = System.Text.Json.JsonSerializer.Serialize(Enumerable.Range(0, graph.Classes).Select(k => $"{k}")) };
            var calibration = Images(graph, 50).SelectMany(image => image).ToArray();
            Measure($"{name}, integer", OnnxExport.Integer(graph, new Calibration(graph, threads: 1).Run(() => [calibration]), words), graph, rounds);
            Measure($"{name}, float", OnnxExport.Float(graph, words), graph, rounds);
        }

        return 0;
    }

    private static void Measure(string name, byte[] file, LayerGraph graph, int rounds)
    {
        var images = Images(graph, Rows);
        var size = images[0].Length;
        var context = new MLContext(seed: 1);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["x"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
        var view = context.Data.LoadFromEnumerable(images.Select(image => new Row { X = image }), schema);
        var options = new DefensiveQuantizationOptions { InputColumnName = "x", ScoreColumnName = "logits", PredictedLabelColumnName = null, PredictedLabelKeyColumnName = null, Threads = 1 };
        using var ours = context.Transforms.DefensiveQuantization(file, options).Fit(view);
        var path = Path.Combine(Path.GetTempPath(), $"dq-benchmark-{Environment.ProcessId}.onnx");
        File.WriteAllBytes(path, file);
        using var stock = context.Transforms.ApplyOnnxModel(new Microsoft.ML.Transforms.Onnx.OnnxOptions
        {
            ModelFile = path,
            InputColumns = ["x"],
            OutputColumns = ["logits"],
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ShapeDictionary = new Dictionary<string, int[]> { ["x"] = [1, graph.Channels, graph.Height, graph.Width] },
        }).Fit(view);
        File.Delete(path);
        using var settings = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(file, settings);
        var sums = new double[3];
        Action[] contenders = [() => sums[0] = Sum(ours.Transform(view)), () => sums[1] = Direct(session, images, graph), () => sums[2] = Sum(stock.Transform(view))];
        // Until everything is compiled as well as it will be.
        for (var i = 0; i < 30; i++)
            contenders[i % 3]();
        if (sums.Any(sum => Math.Abs(sum - sums[1]) > 1e-3 * Math.Abs(sums[1])))
            throw new InvalidOperationException($"{name}: the contenders disagree: {string.Join(", ", sums)}");
        var times = contenders.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var i = (round + turn) % contenders.Length;
                var start = TrainingBenchmark.Now();
                contenders[i]();
                times[i].Add(TrainingBenchmark.Now() - start);
            }
        }

        var (direct, stocks) = (Ratio(times[1], times[0]), Ratio(times[2], times[0]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {TrainingBenchmark.Median(times[0]) / Rows * 1e6:F1} | {direct:F3} | {stocks:F2} |"));
    }

    private static double Ratio(List<double> theirs, List<double> ours) => TrainingBenchmark.Median(theirs.Zip(ours, (a, b) => a / b));

    private static double Sum(IDataView scored)
    {
        using var cursor = scored.GetRowCursor([scored.Schema["logits"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["logits"]);
        var logits = default(VBuffer<float>);
        var sum = 0.0;
        while (cursor.MoveNext())
        {
            getter(ref logits);
            sum += logits.GetValues()[0];
        }

        return sum;
    }

    private static double Direct(InferenceSession session, float[][] images, LayerGraph graph)
    {
        using var run = new RunOptions();
        var size = images[0].Length;
        var (batch, logits, sum) = (new float[Batch * size], new float[Batch * graph.Classes], 0.0);
        for (var first = 0; first < images.Length; first += Batch)
        {
            var count = Math.Min(Batch, images.Length - first);
            for (var i = 0; i < count; i++)
                images[first + i].CopyTo(batch, i * size);
            using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, batch.AsMemory(0, count * size), [count, graph.Channels, graph.Height, graph.Width]);
            using var output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, logits.AsMemory(0, count * graph.Classes), [count, graph.Classes]);
            session.Run(run, ["x"], [input], ["logits"], [output]);
            for (var i = 0; i < count; i++)
                sum += logits[i * graph.Classes];
        }

        return sum;
    }

    private static LayerGraph VggS()
    {
        using var network = DeployedBenchmark.Network("vgg-s", bits: 4);
        return LayerGraphs.Of(network);
    }

    /// <summary>Three small convolutions on 16×16 pixels: a twentieth of vgg-s, so that what ML.NET adds shows.</summary>
    private static LayerGraph Tiny()
    {
        var random = new Random(8);
        return new(
            [
                new ImageLayer("image", 0, 1),
                new ConvolutionLayer("conv1", 0, Floats(16 * 3 * 9), Floats(16), 16, 3, 3, 1),
                new ActivationLayer("relu1", 1, IsTanh: false, 6, 15),
                new ConvolutionLayer("conv2", 2, Floats(32 * 16 * 9), Floats(32), 32, 16, 3, 2),
                new ActivationLayer("relu2", 3, IsTanh: false, 6, 15),
                new ConvolutionLayer("conv3", 4, Floats(64 * 32 * 9), Floats(64), 64, 32, 3, 2),
                new ActivationLayer("relu3", 5, IsTanh: false, 6, 15),
                new HeadLayer("linear", 6, Floats(640), Floats(10)),
            ],
            3, 16, 16, 10);

        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static float[][] Images(LayerGraph graph, int count)
    {
        var random = new Random(2019);
        var size = graph.Channels * graph.Height * graph.Width;
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, size).Select(_ => random.Next(256) / 255f).ToArray())];
    }

    private sealed class Row
    {
        [ColumnName("x")]
        public float[] X { get; set; } = [];
    }
}
