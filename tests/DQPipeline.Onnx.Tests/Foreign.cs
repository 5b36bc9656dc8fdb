using System.Runtime.InteropServices;
using DQPipeline.Onnx.Format;
using Google.Protobuf;
using static DQPipeline.Onnx.Format.TensorProto.Types;

namespace DQPipeline.Onnx.Tests;

/// <summary>Models as others would write them: an image, flattened as it lies, times a matrix.</summary>
internal static class Foreign
{
    public const int Channels = 3, Height = 4, Width = 5, Size = 60, Classes = 4;

    public const int Float = 1, Bytes = 2, Longs = 7, Half = 10, Double = 11;

    public static readonly (int, int, int) Shape = (Channels, Height, Width);

    /// <summary>Size × classes.</summary>
    public static readonly float[] Weights = Numbers(Size * Classes, 3);

    public static readonly byte[] Images = Pixels(9);

    public static byte[] Pixels(int images)
    {
        var pixels = new byte[images * Size];
        new Random(5).NextBytes(pixels);
        return pixels;
    }

    /// <summary>A file.</summary>
    /// <param name="dimensions">Of the input; 0 for one that is free.</param>
    /// <param name="type">Its type.</param>
    /// <param name="tail">Appends to the graph after "logits" and names the output.</param>
    /// <param name="change">Changes the finished model.</param>
    public static byte[] File(long[] dimensions, int type = Float, Func<GraphWriter, string>? tail = null, Action<ModelProto>? change = null)
    {
        var writer = new GraphWriter();
        writer.Graph.Input.Add(Value("image", type, dimensions));
        var image = type == Float ? "image" : writer.Node("cast", "Cast", ["image"], GraphWriter.Whole("to", Float));
        var flat = writer.Node("flat", "Flatten", [image]);
        writer.Node("logits", "MatMul", [flat, writer.Floats("weights", Weights, Size, Classes)]);
        var output = tail?.Invoke(writer) ?? "logits";
        writer.Graph.Output.Add(Value(output, Float, 0, 0));
        var model = new ModelProto { IrVersion = GraphWriter.IrVersion, ProducerName = "somebody", Graph = writer.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = GraphWriter.Opset });
        change?.Invoke(model);
        return model.ToByteArray();
    }

    public static ValueInfoProto Value(string name, int type, params long[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var size in dimensions)
            shape.Dim.Add(size > 0 ? new TensorShapeProto.Types.Dimension { DimValue = size } : new() { DimParam = $"free{shape.Dim.Count}" });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = type, Shape = shape } } };
    }

    /// <summary>The logits of an image by hand, in float64.</summary>
    /// <param name="pixels">C×H×W.</param>
    /// <param name="isChannelsLast">Whether the model's image is H×W×C.</param>
    /// <param name="value">What the model is given for a channel and a pixel.</param>
    public static double[] Logits(ReadOnlySpan<byte> pixels, bool isChannelsLast, Func<int, byte, double> value)
    {
        var logits = new double[Classes];
        for (var c = 0; c < Channels; c++)
            for (var h = 0; h < Height; h++)
                for (var w = 0; w < Width; w++)
                {
                    var place = isChannelsLast ? (((h * Width) + w) * Channels) + c : (((c * Height) + h) * Width) + w;
                    for (var k = 0; k < Classes; k++)
                        logits[k] += Weights[(place * Classes) + k] * value(c, pixels[(((c * Height) + h) * Width) + w]);
                }

        return logits;
    }

    public static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    /// <summary>Moves the weights into a file that is not there.</summary>
    public static void Outside(ModelProto model, string file)
    {
        var weights = model.Graph.Initializer.Single(array => array.Name == "weights");
        weights.RawData = ByteString.Empty;
        weights.DataLocation = DataLocation.External;
        weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
    }

    public static byte[] WeightBytes() => MemoryMarshal.AsBytes<float>(Weights).ToArray();
}
