using DQPipeline.Declarations;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;
using DQPipeline.Onnx.Tests;
using Google.Protobuf;

namespace DQPipeline.Fuzz.Targets;

/// <summary>
/// ONNX files. A checksum keeps nearly every change away from what is behind it, so most files get a right one again, as an attacker would give it: what follows the shapes has to
/// refuse them, or the runtime to live with them. Half of the changes are made to the model's messages and not to its bytes.
/// </summary>
internal sealed class OnnxTarget : Target
{
    private static readonly string[] s_operators =
        ["Conv", "Gemm", "MatMul", "QuantizeLinear", "DequantizeLinear", "Clip", "MaxPool", "Add", "Mul", "Sub", "Div", "Gather", "Concat", "TopK", "Unsqueeze", "Flatten", "GlobalAveragePool", "Tanh", "Round", "Max", "Min", "Loop", "If"];

    private static readonly long[] s_numbers = [0, 1, -1, 2, 3, 127, 128, 255, 256, 1 << 16, int.MaxValue, 1L << 31, 1L << 40, long.MaxValue, long.MinValue];

    public override string Name => "onnx";

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DeployedModelCorrupt };

    public override IEnumerable<byte[]> Seeds => Files();

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var seal = ModelBytes.Seal([]).Length;
        if (file.Length <= seal || random.Next(4) == 0)
            return Mutation.Of(file, random, other: other);
        var body = file[..^seal];
        switch (random.Next(3) == 0 ? null : Parsed(body))
        {
            case null:
                body = Mutation.Of(body, random, other: other);
                break;
            case { Graph: { Node.Count: > 0, Initializer.Count: > 0 } } model:
                for (var changes = 1 + random.Next(4); changes > 0; changes--)
                    Change(model, random);
                body = model.ToByteArray();
                break;
        }

        return [.. body, .. ModelBytes.Seal(body)];
    }

    public override bool Show(byte[] file, string path)
    {
        using var model = DeployedModel.Load(file, "fuzz", new() { Threads = 1, BatchSize = 2 });
        var logits = new float[model.Info.Labels.Count * 2];
        model.Run(new float[model.Info.ImageSize * 2], logits);
        return true;
    }

    private static ModelProto? Parsed(byte[] body)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static void Change(ModelProto model, Random random)
    {
        var graph = model.Graph;
        var node = graph.Node[random.Next(graph.Node.Count)];
        var array = graph.Initializer[random.Next(graph.Initializer.Count)];
        long Number() => random.Next(3) == 0 ? random.Next(-4, 40) : s_numbers[random.Next(s_numbers.Length)];
        string Name() => random.Next(2) == 0 && graph.Node[random.Next(graph.Node.Count)].Output is [var output, ..] ? output : graph.Initializer[random.Next(graph.Initializer.Count)].Name;
        switch (random.Next(12))
        {
            case 0:
                node.OpType = s_operators[random.Next(s_operators.Length)];
                break;
            case 1 when node.Input.Count > 0:
                node.Input[random.Next(node.Input.Count)] = Name();
                break;
            case 2:
                node.Input.Add(Name());
                break;
            case 3 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            case 4 when node.Attribute.Count > 0:
                var attribute = node.Attribute[random.Next(node.Attribute.Count)];
                attribute.I = Number();
                if (attribute.Ints.Count > 0)
                    attribute.Ints[random.Next(attribute.Ints.Count)] = Number();
                break;
            case 5:
                node.Attribute.Add(GraphWriter.Whole(random.Next(2) == 0 ? "axis" : "group", Number()));
                break;
            case 6 when array.Dims.Count > 0:
                array.Dims[random.Next(array.Dims.Count)] = Number();
                break;
            case 7:
                array.DataType = random.Next(20);
                break;
            case 8:
                array.RawData = ByteString.CopyFrom(Mutation.Of(array.RawData.ToByteArray(), random));
                break;
            case 9:
                if ((random.Next(2) == 0 ? graph.Input : graph.Output) is [{ Type.TensorType.Shape: { Dim.Count: > 0 } shape }, ..])
                    shape.Dim[random.Next(shape.Dim.Count)].DimValue = Number();
                break;
            case 10:
                graph.Node.Insert(random.Next(graph.Node.Count), graph.Node[random.Next(graph.Node.Count)].Clone());
                break;
            default:
                graph.Node.Remove(node);
                if (graph.Node.Count == 0)
                    graph.Node.Add(node);
                break;
        }
    }

    public static IEnumerable<byte[]> Files()
    {
        foreach (var median in new[] { 1, 2, 3 })
        {
            var graph = Small.Graph(colourBits: median == 1 ? 0 : 5, median: median);
            yield return OnnxExport.Float(graph, Small.Words);
            yield return OnnxExport.Integer(graph, new Calibration(graph, threads: 1).Run(() => [Small.Images(20)]), Small.Words, takesBytes: median == 2);
        }
    }
}
