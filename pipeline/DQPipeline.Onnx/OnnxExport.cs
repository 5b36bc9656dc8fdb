using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Onnx;

/// <summary>Networks as .onnx files. The same network always gives the same bytes.</summary>
public static class OnnxExport
{
    /// <summary>The file of a network in float arithmetic, its quantizers as rounding (fake quantization).</summary>
    /// <param name="graph">The network.</param>
    /// <param name="words">What the file says about it; <c>labels</c> is required, a JSON array of names.</param>
    public static byte[] Float(LayerGraph graph, IReadOnlyDictionary<string, string> words) => ModelBytes.Of(FloatGraph.Write(graph), ModelWords.With(words, ModelWords.Float));

    /// <summary>The file of a network in integer arithmetic.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="calibration">What <see cref="Calibration"/> found.</param>
    /// <param name="words">As for <see cref="Float"/>.</param>
    /// <param name="takesBytes">Whether the input is uint8 pixels; else float32 in [0,1], brought onto the bytes by the first node.</param>
    /// <param name="bits">Bits of activations that the network has in full precision, those of <see cref="Calibration.Bits"/>. Range 1 to 8.</param>
    /// <exception cref="ArgumentException">A grid is missing.</exception>
    public static byte[] Integer(
        LayerGraph graph, CalibrationResult calibration, IReadOnlyDictionary<string, string> words, bool takesBytes = false, int bits = 8) =>
        ModelBytes.Of(IntegerGraph.Write(graph, calibration, takesBytes, bits), ModelWords.With(words, ModelWords.Integer));
}
