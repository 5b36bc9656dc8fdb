using System.Buffers.Binary;

namespace DQPipeline.Data.Matlab;

/// <summary>Stored numbers as doubles.</summary>
internal static class MatNumbers
{
    /// <summary>Bytes of one number; 0 for a type that is none.</summary>
    public static int SizeOf(MatType type) => type switch
    {
        MatType.Int8 or MatType.UInt8 => 1,
        MatType.Int16 or MatType.UInt16 => 2,
        MatType.Int32 or MatType.UInt32 or MatType.Single => 4,
        MatType.Double or MatType.Int64 or MatType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>Reads as many numbers as <paramref name="numbers"/> takes. Whole numbers beyond 2^53 are rounded.</summary>
    public static void Decode(ReadOnlySpan<byte> bytes, MatType type, bool bigEndian, Span<double> numbers)
    {
        var size = SizeOf(type);
        Span<byte> item = stackalloc byte[size];
        for (var i = 0; i < numbers.Length; i++)
        {
            bytes.Slice(i * size, size).CopyTo(item);
            if (bigEndian)
                item.Reverse();
            numbers[i] = type switch
            {
                MatType.Int8 => (sbyte)item[0],
                MatType.UInt8 => item[0],
                MatType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(item),
                MatType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(item),
                MatType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(item),
                MatType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(item),
                MatType.Single => BinaryPrimitives.ReadSingleLittleEndian(item),
                MatType.Double => BinaryPrimitives.ReadDoubleLittleEndian(item),
                MatType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(item),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(item),
            };
        }
    }
}
