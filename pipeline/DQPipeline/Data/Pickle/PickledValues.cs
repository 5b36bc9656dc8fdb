using System.Text;

namespace DQPipeline.Data.Pickle;

/// <summary>The functions and types that a pickle of CIFAR names. They are recognised by name and stand for data; nothing of that name is looked for or run.</summary>
internal enum PickledName
{
    Array,
    Type,
    Reconstruct,
    Encode,
}

/// <summary>A text of Python 2, or bytes of Python 3: the two look alike in a pickle of Python 2.</summary>
internal sealed record PickledBytes(ReadOnlyMemory<byte> Bytes)
{
    public override string ToString() => Encoding.Latin1.GetString(Bytes.Span);
}

/// <summary>A numpy type by its name: <c>u1</c> is uint8.</summary>
internal sealed record PickledType(string Name);

/// <summary>A numpy array, filled after it was made.</summary>
internal sealed class PickledArray
{
    /// <summary>CIFAR's arrays have two. Numpy knew no more than these when it wrote them, and a program that fills arrays again and again with a long list of them would make much of little.</summary>
    private const int MostDimensions = 32;

    /// <summary>Its dimensions.</summary>
    public long[] Shape { get; private set; } = [];

    /// <summary>The type of its elements.</summary>
    public string Type { get; private set; } = "";

    /// <summary>Whether the first dimension runs fastest.</summary>
    public bool ColumnMajor { get; private set; }

    /// <summary>Its elements.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>Takes the state that numpy's <c>__reduce__</c> gives: version, shape, type, order, elements. Returns whether it is one.</summary>
    public bool Fill(object? state)
    {
        if (state is not object?[] { Length: 5 } parts || parts[0] is not 1L
            || parts[1] is not object?[] { Length: <= MostDimensions } shape || !shape.All(side => side is long)
            || parts[2] is not PickledType type || parts[3] is not bool columnMajor || parts[4] is not PickledBytes bytes)
            return false;
        Shape = [.. shape.Select(side => (long)side!)];
        (Type, ColumnMajor, Bytes) = (type.Name, columnMajor, bytes.Bytes);
        return true;
    }
}
