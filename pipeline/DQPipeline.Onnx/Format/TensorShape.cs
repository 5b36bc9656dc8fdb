namespace DQPipeline.Onnx.Format;

/// <summary>Type and dimensions of a value in a graph.</summary>
/// <param name="Type">The type of its elements.</param>
/// <param name="Dimensions">All dimensions, of a map without the first, which is the batch.</param>
/// <param name="IsMap">Whether it depends on the images; else it is an array of the file.</param>
internal sealed record TensorShape(TensorProto.Types.DataType Type, IReadOnlyList<long> Dimensions, bool IsMap)
{
    /// <summary>Elements, of a map for one image.</summary>
    public long Elements => Dimensions.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Bytes, of a map for one image.</summary>
    public long Bytes => checked(Elements * SizeOf(Type));

    /// <summary>A map of one image's share.</summary>
    public static TensorShape Map(TensorProto.Types.DataType type, params IReadOnlyList<long> dimensions) => new(type, dimensions, IsMap: true);

    /// <summary>Bytes of an element.</summary>
    /// <exception cref="InvalidDataException">No model of ours has elements of this type.</exception>
    public static int SizeOf(TensorProto.Types.DataType type) => type switch
    {
        TensorProto.Types.DataType.Uint8 or TensorProto.Types.DataType.Int8 => 1,
        TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Int32 => 4,
        TensorProto.Types.DataType.Int64 => 8,
        _ => throw new InvalidDataException($"it holds elements of the type {(int)type}, which no model of ours has"),
    };

    /// <summary>Whether both have the same dimensions.</summary>
    public bool Fits(TensorShape other) => Dimensions.SequenceEqual(other.Dimensions);
}
