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

    /// <summary>Copies every array into the tensor of its name, wherever it lives; names, types and shapes must be the same on both sides.</summary>
    /// <exception cref="InvalidDataException">One side has a name that the other lacks, or a type or shape differs. Nothing was copied then.</exception>
    public static void CopyAll(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, Tensor> tensors)
    {
        // All of it before the first is copied: who goes on without the file must not go on with half of it.
        var missing = tensors.Keys.ToHashSet();
        foreach (var entry in entries)
        {
            if (!tensors.TryGetValue(entry.Name, out var tensor))
                throw new InvalidDataException($"nothing takes its array '{entry.Name}'");
            if (entry.Type != Word(tensor.dtype) || !entry.Shape.SequenceEqual(tensor.shape))
                throw new InvalidDataException(
                    $"array '{entry.Name}' is {entry.Type} [{string.Join(", ", entry.Shape)}] where {Word(tensor.dtype)} [{string.Join(", ", tensor.shape)}] belongs");
            missing.Remove(entry.Name);
        }

        if (missing.Count > 0)
            throw new InvalidDataException($"it lacks the array '{missing.Order(StringComparer.Ordinal).First()}'");
        foreach (var entry in entries)
            Copy(entry, tensors[entry.Name]);
    }

    private static void Copy(SafetensorsEntry entry, Tensor tensor)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var values = empty(tensor.shape, dtype: tensor.dtype);
        entry.Data.Span.CopyTo(values.bytes);
        tensor.copy_(values);
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
