namespace DQPipeline.Data.Matlab;

/// <summary>How the numbers of an element are stored (mi…, "MAT-File Format", table 1-1).</summary>
internal enum MatType
{
    Int8 = 1,
    UInt8 = 2,
    Int16 = 3,
    UInt16 = 4,
    Int32 = 5,
    UInt32 = 6,
    Single = 7,
    Double = 9,
    Int64 = 12,
    UInt64 = 13,
    Matrix = 14,
    Compressed = 15,
    Utf8 = 16,
}

/// <summary>What a variable is to MATLAB (mx…, table 1-3). A double whose values are all small whole numbers is stored as a smaller <see cref="MatType"/>.</summary>
internal enum MatClass
{
    Cell = 1,
    Struct = 2,
    Object = 3,
    Char = 4,
    Sparse = 5,
    Double = 6,
    Single = 7,
    Int8 = 8,
    UInt8 = 9,
    Int16 = 10,
    UInt16 = 11,
    Int32 = 12,
    UInt32 = 13,
    Int64 = 14,
    UInt64 = 15,
    Function = 16,
    Opaque = 17,
}

/// <summary>The head of an element: what follows, in how many bytes, and how many bytes fill it up to its boundary.</summary>
internal readonly record struct MatTag(MatType Type, uint Bytes, int Padding);

/// <summary>What stands in front of a variable's numbers.</summary>
/// <param name="Name">Its name, letter by letter.</param>
/// <param name="Class">Its class.</param>
/// <param name="IsComplex">Whether an imaginary part follows the real one.</param>
/// <param name="Dimensions">Two or more, none negative; the first runs fastest.</param>
/// <param name="At">The byte of the file where its element begins.</param>
internal sealed record MatVariable(string Name, MatClass Class, bool IsComplex, int[] Dimensions, long At)
{
    /// <summary>Whether its numbers are real and stand in full.</summary>
    public bool IsNumeric => Class is >= MatClass.Double and <= MatClass.UInt64 && !IsComplex;

    /// <summary>Class and dimensions for a message: <c>uint8 32×32×3×100</c>.</summary>
    public override string ToString() => $"{(IsComplex ? "complex " : "")}{Class.ToString().ToLowerInvariant()} {string.Join('×', Dimensions)}";
}
