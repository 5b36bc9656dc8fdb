using static TorchSharp.torch;

namespace DQPipeline.Export;

/// <summary>Between tensors and the arrays of a file.</summary>
internal static class TensorBytes
{
    /// <summary>A copy of the tensor's elements under a name.</summary>
    public static SafetensorsEntry ToEntry(string name, Tensor tensor)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return new SafetensorsEntry(name, Word(tensor.dtype), tensor.shape, tensor.detach().cpu().contiguous().bytes.ToArray());
    }

    /// <summary>Copies an array into a tensor of the same type and shape, wherever it lives.</summary>
    /// <exception cref="InvalidDataException">Type or shape differ.</exception>
    public static void CopyTo(SafetensorsEntry entry, Tensor tensor)
    {
        if (entry.Type != Word(tensor.dtype) || !entry.Shape.SequenceEqual(tensor.shape))
            throw new InvalidDataException(
                $"array '{entry.Name}' is {entry.Type} [{string.Join(", ", entry.Shape)}] where {Word(tensor.dtype)} [{string.Join(", ", tensor.shape)}] belongs");
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var values = empty(tensor.shape, dtype: tensor.dtype);
        entry.Data.Span.CopyTo(values.bytes);
        tensor.copy_(values);
    }

    /// <summary>Copies every array into the tensor of its name; the names must be the same on both sides.</summary>
    /// <exception cref="InvalidDataException">One side has a name that the other lacks, or a type or shape differs.</exception>
    public static void CopyAll(IEnumerable<SafetensorsEntry> entries, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var missing = tensors.Keys.ToHashSet();
        foreach (var entry in entries)
        {
            if (!tensors.TryGetValue(entry.Name, out var tensor))
                throw new InvalidDataException($"nothing takes its array '{entry.Name}'");
            CopyTo(entry, tensor);
            missing.Remove(entry.Name);
        }

        if (missing.Count > 0)
            throw new InvalidDataException($"it lacks the array '{missing.Order(StringComparer.Ordinal).First()}'");
    }

    private static string Word(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float64 => "F64",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Byte => "U8",
        _ => throw new InvalidDataException($"tensors of type {type} have no place in a model file"),
    };
}
