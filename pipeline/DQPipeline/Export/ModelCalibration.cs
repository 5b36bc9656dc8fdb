using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Export;

/// <summary>Finds what a network's integer form needs to know, on a sample of the images that it was trained on.</summary>
public static class ModelCalibration
{
    /// <summary>Images of a run whose maps find room.</summary>
    private const int Batch = 50;

    /// <summary>Bytes that the maps of a run may take, all of which may be looked at together. Networks on images of 32×32 stay below it with whole batches; of larger ones a run takes fewer images.</summary>
    private const long MapRoom = 2L << 30;

    /// <summary>Calibrates.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="declared">How, and on how many images.</param>
    /// <param name="train">The training split, of which a seeded, class-balanced sample is taken.</param>
    /// <param name="threads">Processor threads.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CalibrationResult Run(LayerGraph graph, QuantizeDeclaration declared, ImageSplit train, int threads, CancellationToken cancellation)
    {
        var samples = Sampling.ClassBalanced(train.Classes, Math.Min(declared.Calibration.Samples, train.Count), declared.Seed);
        var calibration = new Calibration(graph, threads)
        {
            Method = declared.Calibration.Method switch
            {
                "percentile" => CalibrationMethod.Percentile,
                "range" => CalibrationMethod.Range,
                _ => CalibrationMethod.MeanSquaredError,
            },
            Percentile = declared.Calibration.Percentile,
            Bits = declared.Bits,
        };
        return calibration.Run(() => samples.Chunk(ImagesOf(graph)).Select(chunk => chunk.SelectMany(sample => Floats(train.Image(sample))).ToArray()), cancellation);
    }

    /// <summary>Images of one run.</summary>
    internal static int ImagesOf(LayerGraph graph) => (int)Math.Clamp(MapRoom / graph.MapBytes(), 1, Batch);

    private static float[] Floats(ReadOnlySpan<byte> pixels)
    {
        var values = new float[pixels.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = pixels[i] / 255f;
        return values;
    }
}
