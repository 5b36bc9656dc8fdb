using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;
using Google.Protobuf;

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
    /// <exception cref="ArgumentOutOfRangeException">The bits are not 1 to 8.</exception>
    /// <exception cref="ArgumentException">A grid is missing.</exception>
    public static byte[] Integer(
        LayerGraph graph, CalibrationResult calibration, IReadOnlyDictionary<string, string> words, bool takesBytes = false, int bits = 8)
    {
        if (bits is < 1 or > 8)
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "An activation has 1 to 8 bits in integer arithmetic.");
        return ModelBytes.Of(IntegerGraph.Write(graph, calibration, takesBytes, bits), ModelWords.With(words, ModelWords.Integer));
    }

    /// <summary>
    /// A model for runtimes that know nothing of ours: beside <c>logits</c>, which becomes <paramref name="score"/>, it answers with the label as text, N×1. It has no checksum and
    /// is not read again by <see cref="Inference.DeployedModel"/>.
    /// </summary>
    /// <param name="file">The bytes of a model's file.</param>
    /// <param name="score">Name of the logits.</param>
    /// <param name="label">Name of the label.</param>
    /// <exception cref="InvalidDataException">They are no model of ours.</exception>
    public static byte[] Labelled(byte[] file, string score, string label)
    {
        var content = ModelReader.Read(file);
        var info = ModelWords.Read(content);
        var model = ModelProto.Parser.ParseFrom(file);
        var graph = model.Graph;
        var output = graph.Output[0];
        // The name of the result is that of the last node's.
        graph.Node[^1].Output[0] = output.Name = score;
        var names = new TensorProto { Name = "labels", DataType = (int)TensorProto.Types.DataType.String };
        names.Dims.Add(info.Labels.Count);
        names.StringData.AddRange(info.Labels.Select(ByteString.CopyFromUtf8));
        graph.Initializer.Add(names);
        var best = new NodeProto { Name = "best", OpType = "ArgMax" };
        best.Input.Add(score);
        best.Output.Add("best");
        best.Attribute.Add(GraphWriter.Whole("axis", 1));
        var named = new NodeProto { Name = label, OpType = "Gather" };
        named.Input.AddRange(["labels", "best"]);
        named.Output.Add(label);
        graph.Node.AddRange([best, named]);
        var shape = new TensorShapeProto { Dim = { output.Type.TensorType.Shape.Dim[0].Clone(), new TensorShapeProto.Types.Dimension { DimValue = 1 } } };
        graph.Output.Add(new ValueInfoProto { Name = label, Type = new() { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.String, Shape = shape } } });
        return model.ToByteArray();
    }
}
