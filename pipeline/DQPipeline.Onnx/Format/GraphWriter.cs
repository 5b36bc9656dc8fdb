using System.Runtime.InteropServices;
using Google.Protobuf;

namespace DQPipeline.Onnx.Format;

/// <summary>Puts an ONNX graph together, node by node. Names are the caller's; each is given once.</summary>
internal sealed class GraphWriter
{
    /// <summary>The operator set: the newest that onnx 1.12 knows, and all that is needed here.</summary>
    public const int Opset = 17;

    /// <summary>The IR version that belongs to the operator set.</summary>
    public const int IrVersion = 8;

    /// <summary>The name of the dynamic first dimension.</summary>
    public const string Batch = "N";

    private readonly GraphProto graph = new() { Name = "dqpipeline" };

    /// <summary>The graph so far.</summary>
    public GraphProto Graph => graph;

    /// <summary>Adds a node with one result, which has the node's name.</summary>
    public string Node(string name, string operation, IEnumerable<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = name, OpType = operation };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        graph.Node.Add(node);
        return name;
    }

    /// <summary>Gives a node one more input.</summary>
    public void Extend(string node, string input) => graph.Node.Single(one => one.Name == node).Input.Add(input);

    /// <summary>Adds an array; no dimensions make a scalar.</summary>
    public string Floats(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Array(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <inheritdoc cref="Floats"/>
    public string Bytes(string name, ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) => Array(name, TensorProto.Types.DataType.Uint8, values, shape);

    /// <inheritdoc cref="Floats"/>
    public string SignedBytes(string name, ReadOnlySpan<sbyte> values, params ReadOnlySpan<long> shape) =>
        Array(name, TensorProto.Types.DataType.Int8, MemoryMarshal.AsBytes(values), shape);

    /// <inheritdoc cref="Floats"/>
    public string Integers(string name, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) =>
        Array(name, TensorProto.Types.DataType.Int32, MemoryMarshal.AsBytes(values), shape);

    /// <inheritdoc cref="Floats"/>
    public string Longs(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Array(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Declares an input whose first dimension is dynamic.</summary>
    public string Input(string name, TensorProto.Types.DataType type, params ReadOnlySpan<long> rest)
    {
        graph.Input.Add(Value(name, type, rest));
        return name;
    }

    /// <summary>Declares a float32 result whose first dimension is dynamic.</summary>
    public void Output(string name, params ReadOnlySpan<long> rest) => graph.Output.Add(Value(name, TensorProto.Types.DataType.Float, rest));

    /// <summary>An attribute that is a whole number.</summary>
    public static AttributeProto Whole(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>An attribute that is a list of whole numbers.</summary>
    public static AttributeProto Wholes(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (var value in values)
            attribute.Ints.Add(value);
        return attribute;
    }

    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, ReadOnlySpan<long> rest)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = Batch });
        foreach (var size in rest)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }

    private string Array(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> data, ReadOnlySpan<long> shape)
    {
        // ONNX holds little-endian bytes, as every machine that .NET runs a network on does.
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(data) };
        foreach (var size in shape)
            tensor.Dims.Add(size);
        graph.Initializer.Add(tensor);
        return name;
    }
}
