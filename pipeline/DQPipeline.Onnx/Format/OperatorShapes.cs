using static DQPipeline.Onnx.Format.TensorProto.Types;

namespace DQPipeline.Onnx.Format;

/// <summary>
/// What each operator that a model of ours may have makes of its inputs. An operator that is not here, an attribute that it does not have there, or shapes that do not
/// fit make a file unusable: nothing is handed to the runtime whose size is not known before.
/// </summary>
internal static class OperatorShapes
{
    /// <summary>The shapes of a node's results.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">The shapes of what it reads.</param>
    /// <param name="longs">The content of an input that is an array of 64-bit integers.</param>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public static IReadOnlyList<TensorShape> Of(NodeProto node, IReadOnlyList<TensorShape> inputs, Func<int, long[]> longs)
    {
        var known = new Attributes(node);
        IReadOnlyList<TensorShape> results = node.OpType switch
        {
            "QuantizeLinear" => [Scaled(inputs, DataType.Float, known) with { Type = DataType.Uint8 }],
            "DequantizeLinear" => [Scaled(inputs, inputs[0].Type, known) with { Type = DataType.Float }],
            "Conv" => [Convolution(inputs, known)],
            "MaxPool" => [Pooled(inputs, known)],
            "GlobalAveragePool" => [Spatial(inputs[0]) with { Dimensions = [inputs[0].Dimensions[0], 1, 1] }],
            "Flatten" => [inputs[0] with { Dimensions = [inputs[0].Elements] }],
            "Gemm" => [Linear(inputs, known)],
            "Clip" => [Clipped(inputs)],
            "Round" or "Tanh" => [Floats(inputs[0])],
            "Add" or "Sub" or "Mul" or "Div" => [Broadcast(inputs)],
            "Min" or "Max" => [Alike(inputs)],
            "Gather" => [Gathered(inputs, longs, known)],
            "Unsqueeze" => [Demand(longs(1) is [4], inputs[0] with { Dimensions = [.. Spatial(inputs[0]).Dimensions, 1] })],
            "Concat" => [Alike(inputs) with { Dimensions = [.. inputs[0].Dimensions.SkipLast(1), Last(inputs, known)] }],
            "TopK" => Largest(inputs, longs),
            _ => throw new InvalidDataException($"it has the operator '{node.OpType}', which no model of ours has"),
        };
        known.ExpectNoMore();
        return results;
    }

    private static TensorShape Scaled(IReadOnlyList<TensorShape> inputs, DataType from, Attributes attributes)
    {
        var (value, scale) = (inputs[0], inputs[1]);
        var perChannel = scale.Dimensions.Count == 1;
        Require(value.Type == from && value.Type != DataType.Int64 && scale is { IsMap: false, Type: DataType.Float });
        Require(inputs.Skip(2).All(zero => !zero.IsMap && zero.Elements == scale.Elements));
        if (perChannel)
            Require(!value.IsMap && attributes.Whole("axis") == 0 && value.Dimensions.Count > 0 && scale.Elements == value.Dimensions[0]);
        else
            Require(scale.Elements == 1);
        return value;
    }

    private static TensorShape Convolution(IReadOnlyList<TensorShape> inputs, Attributes attributes)
    {
        var (map, weight) = (Spatial(inputs[0]), inputs[1]);
        Require(inputs.Count == 3 && weight is { IsMap: false, Dimensions.Count: 4 } && inputs[2] is { IsMap: false, Dimensions.Count: 1 } && inputs.All(i => i.Type == DataType.Float));
        var (kernel, stride, padding) = (attributes.Wholes("kernel_shape", 2), attributes.Wholes("strides", 2), attributes.Wholes("pads", 4));
        var size = weight.Dimensions[2];
        Require(weight.Dimensions[1] == map.Dimensions[0] && inputs[2].Elements == weight.Dimensions[0] && weight.Dimensions[3] == size && size % 2 == 1);
        Require(kernel.All(k => k == size) && padding.All(p => p == size / 2) && stride.All(s => s == stride[0] && s is >= 1 and <= 16));
        return map with { Dimensions = [weight.Dimensions[0], ((map.Dimensions[1] - 1) / stride[0]) + 1, ((map.Dimensions[2] - 1) / stride[0]) + 1] };
    }

    private static TensorShape Pooled(IReadOnlyList<TensorShape> inputs, Attributes attributes)
    {
        var map = Spatial(inputs[0]);
        Require(attributes.Wholes("kernel_shape", 2).All(k => k == 2) && attributes.Wholes("strides", 2).All(s => s == 2) && map.Dimensions[1] >= 2 && map.Dimensions[2] >= 2);
        return map with { Dimensions = [map.Dimensions[0], map.Dimensions[1] / 2, map.Dimensions[2] / 2] };
    }

    private static TensorShape Linear(IReadOnlyList<TensorShape> inputs, Attributes attributes)
    {
        Require(inputs.Count == 3 && attributes.Whole("transB") == 1 && inputs[0] is { IsMap: true, Dimensions.Count: 1 } && inputs[1] is { IsMap: false, Dimensions.Count: 2 } && inputs[2] is { IsMap: false, Dimensions.Count: 1 });
        Require(inputs[1].Dimensions[1] == inputs[0].Dimensions[0] && inputs[2].Elements == inputs[1].Dimensions[0] && inputs.All(i => i.Type == DataType.Float));
        return inputs[0] with { Dimensions = [inputs[1].Dimensions[0]] };
    }

    private static TensorShape Clipped(IReadOnlyList<TensorShape> inputs)
    {
        Require(inputs.Count == 3 && inputs.Skip(1).All(bound => bound is { IsMap: false, Elements: 1 } && bound.Type == inputs[0].Type));
        return inputs[0];
    }

    /// <summary>A map with a number, with a number for each channel, or with a map of its own size.</summary>
    private static TensorShape Broadcast(IReadOnlyList<TensorShape> inputs)
    {
        Require(inputs.Count == 2 && inputs[0].IsMap && inputs.All(input => input.Type == DataType.Float));
        var (map, other) = (inputs[0], inputs[1]);
        var perChannel = !other.IsMap && map.Dimensions.Count == 3 && other.Dimensions.SequenceEqual([map.Dimensions[0], 1, 1]);
        Require(perChannel || (other.IsMap ? map.Fits(other) : other.Elements == 1 && other.Dimensions.Count <= 1));
        return map;
    }

    private static TensorShape Alike(IReadOnlyList<TensorShape> inputs)
    {
        Require(inputs.All(input => input.IsMap && input.Fits(inputs[0]) && input.Type == DataType.Float));
        return inputs[0];
    }

    private static TensorShape Gathered(IReadOnlyList<TensorShape> inputs, Func<int, long[]> longs, Attributes attributes)
    {
        var (map, from) = (inputs[0], longs(1));
        var axis = attributes.Whole("axis") - 1;
        Require(map.IsMap && axis >= 1 && axis < map.Dimensions.Count);
        var size = map.Dimensions[(int)axis];
        Require(from.All(i => i >= 0 && i < size) && from.Length <= size);
        return map with { Dimensions = [.. map.Dimensions.Take((int)axis), .. inputs[1].Dimensions, .. map.Dimensions.Skip((int)axis + 1)] };
    }

    private static long Last(IReadOnlyList<TensorShape> inputs, Attributes attributes) =>
        Demand(attributes.Whole("axis") == inputs[0].Dimensions.Count, inputs.Sum(input => input.Dimensions[^1]));

    private static IReadOnlyList<TensorShape> Largest(IReadOnlyList<TensorShape> inputs, Func<int, long[]> longs)
    {
        var map = inputs[0];
        Require(map.IsMap && map.Dimensions.Count == 4 && longs(1) is [var count] && count >= 1 && count <= map.Dimensions[3]);
        var largest = map with { Dimensions = [.. map.Dimensions.SkipLast(1), longs(1)[0]] };
        return [largest, largest with { Type = DataType.Int64 }];
    }

    private static TensorShape Spatial(TensorShape shape) => Demand(shape is { IsMap: true, Dimensions.Count: 3 }, shape);

    private static TensorShape Floats(TensorShape shape) => Demand(shape is { IsMap: true, Type: DataType.Float }, shape);

    private static T Demand<T>(bool holds, T value)
    {
        Require(holds);
        return value;
    }

    private static void Require(bool holds)
    {
        if (!holds)
            throw new InvalidDataException("its shapes do not fit each other");
    }

    /// <summary>The attributes of a node, each of which must be asked for.</summary>
    private sealed class Attributes(NodeProto node)
    {
        private int asked;

        public long Whole(string name)
        {
            var attribute = Find(name, AttributeProto.Types.AttributeType.Int);
            return attribute.I;
        }

        public IReadOnlyList<long> Wholes(string name, int count)
        {
            var attribute = Find(name, AttributeProto.Types.AttributeType.Ints);
            return attribute.Ints.Count == count ? attribute.Ints : throw new InvalidDataException($"its attribute '{name}' has {attribute.Ints.Count} numbers");
        }

        public void ExpectNoMore()
        {
            if (asked != node.Attribute.Count)
                throw new InvalidDataException($"an operator {node.OpType} has attributes that no model of ours has");
        }

        private AttributeProto Find(string name, AttributeProto.Types.AttributeType type)
        {
            asked++;
            return node.Attribute.SingleOrDefault(attribute => attribute.Name == name && attribute.Type == type)
                ?? throw new InvalidDataException($"an operator {node.OpType} lacks the attribute '{name}'");
        }
    }
}
