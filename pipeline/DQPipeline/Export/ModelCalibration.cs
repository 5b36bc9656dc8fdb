using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Export;

/// <summary>Finds what a network's integer form needs to know, on a sample of the images that it was trained on.</summary>
public static class ModelCalibration
{
    private const int Batch = 50;

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
        return calibration.Run(() => samples.Chunk(Batch).Select(chunk => chunk.SelectMany(sample => Floats(train.Image(sample))).ToArray()), cancellation);
    }

    private static float[] Floats(ReadOnlySpan<byte> pixels)
    {
        var values = new float[pixels.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = pixels[i] / 255f;
        return values;
    }
}
