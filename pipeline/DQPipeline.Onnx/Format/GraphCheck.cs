using System.Buffers.Binary;
using static DQPipeline.Onnx.Format.TensorProto.Types;

namespace DQPipeline.Onnx.Format;

/// <summary>Follows the shapes through a graph before a runtime sees it, so that a file cannot ask for more memory than its own size lets expect.</summary>
internal sealed class GraphCheck
{
    /// <summary>Bytes that the maps of one image which may be alive at once may take together.</summary>
    public const long LargestMaps = 4L << 30;

    private readonly Dictionary<string, TensorShape> shapes = [];
    private readonly Dictionary<string, TensorProto> arrays = [];

    private GraphCheck()
    {
    }

    /// <summary>What was found.</summary>
    /// <param name="Input">The input's shape.</param>
    /// <param name="Logits">The number of logits.</param>
    /// <param name="MapBytes">The bytes of all maps of one image together.</param>
    /// <param name="AsksForExactness">Whether signed weights have zeros, all of them: so that a runtime which is asked to be exact can make unsigned ones of them.</param>
    public sealed record Result(TensorShape Input, long Logits, long MapBytes, bool AsksForExactness);

    /// <summary>Checks a graph.</summary>
    /// <exception cref="InvalidDataException">What is wrong with it.</exception>
    public static Result Of(GraphProto graph)
    {
        try
        {
            return new GraphCheck().Check(graph);
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            throw new InvalidDataException("its shapes do not fit each other", e);
        }
    }

    private Result Check(GraphProto graph)
    {
        foreach (var array in graph.Initializer)
            Add(array);
        if (graph.Input is not [var image] || graph.Output is not [var logits])
            throw new InvalidDataException("it should have one input and one output");
        var input = Declared(image);
        if (input is not { Type: DataType.Float or DataType.Uint8, Dimensions.Count: 3 })
            throw new InvalidDataException("its input is no batch of images");
        ModelLimits.CheckImages(input.Dimensions[0], input.Dimensions[1], input.Dimensions[2]);
        Define(image.Name, input);
        var bytes = input.Bytes;
        var alive = new AliveMaps(graph, input);
        foreach (var node in graph.Node)
        {
            if (node.Domain.Length > 0)
                throw new InvalidDataException($"it has an operator of the domain '{node.Domain}'");
            var results = OperatorShapes.Of(node, [.. node.Input.Select(Find)], i => Longs(node.Input[i]));
            if (results.Count != node.Output.Count)
                throw new InvalidDataException($"an operator {node.OpType} has {node.Output.Count} results");
            foreach (var (name, shape) in node.Output.Zip(results))
            {
                Define(name, shape);
                bytes = checked(bytes + shape.Bytes);
            }

            if (alive.Pass(node, results) > LargestMaps)
                throw new InvalidDataException($"its maps would take more than {LargestMaps >> 30} GiB for a single image");
        }

        var answer = Find(logits.Name);
        if (answer is not { IsMap: true, Type: DataType.Float, Dimensions.Count: 1 } || !Declared(logits).Fits(answer))
            throw new InvalidDataException("its output is no batch of logits");
        return new(input, answer.Elements, bytes, AsksForExactness(graph));
    }

    private bool AsksForExactness(GraphProto graph)
    {
        NodeProto[] signed = [.. graph.Node.Where(node => node.OpType == "DequantizeLinear" && Find(node.Input[0]).Type == DataType.Int8)];
        return signed.Length > 0 && signed.All(node => node.Input.Count > 2);
    }

    private void Add(TensorProto array)
    {
        if (array.DataLocation != DataLocation.Default || array.ExternalData.Count > 0)
            throw new InvalidDataException($"its array '{array.Name}' lies in another file");
        var shape = new TensorShape((DataType)array.DataType, array.Dims, IsMap: false);
        if (array.StringData.Count > 0)
            throw new InvalidDataException($"its array '{array.Name}' holds texts");
        if (array.Dims.Any(size => size < 1) || shape.Bytes != array.RawData.Length)
            throw new InvalidDataException($"its array '{array.Name}' has {array.RawData.Length} bytes, which is not what its shape needs");
        Define(array.Name, shape);
        arrays.Add(array.Name, array);
    }

    private static TensorShape Declared(ValueInfoProto value)
    {
        var tensor = value.Type?.TensorType;
        var dimensions = tensor?.Shape?.Dim;
        if (tensor is null || dimensions is not { Count: >= 2 } || dimensions[0].DimParam.Length == 0 || dimensions.Skip(1).Any(d => d.DimValue is < 1 or > 1 << 24))
            throw new InvalidDataException($"'{value.Name}' does not say its shape");
        return TensorShape.Map((DataType)tensor.ElemType, [.. dimensions.Skip(1).Select(d => d.DimValue)]);
    }

    private TensorShape Find(string name) => shapes.GetValueOrDefault(name) ?? throw new InvalidDataException($"'{name}' is read before anything makes it");

    private void Define(string name, TensorShape shape)
    {
        if (name.Length == 0 || !shapes.TryAdd(name, shape))
            throw new InvalidDataException($"'{name}' is made twice or has no name");
    }

    private long[] Longs(string name)
    {
        if (!arrays.TryGetValue(name, out var array) || (DataType)array.DataType != DataType.Int64 || array.Dims.Count > 1)
            throw new InvalidDataException($"'{name}' is no list of whole numbers");
        var bytes = array.RawData.Span;
        var longs = new long[bytes.Length / sizeof(long)];
        for (var i = 0; i < longs.Length; i++)
            longs[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        return longs;
    }
}
