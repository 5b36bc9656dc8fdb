using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DQPipeline.Networks;

/// <summary>How the numbers of a feature map lie in memory; arithmetic is float32 whatever they are.</summary>
internal unsafe interface IFeatureElement
{
    /// <summary>The eight numbers from <paramref name="index"/> on.</summary>
    static abstract Vector256<float> Load(void* map, nint index);

    /// <summary>Writes eight numbers, each rounded to the nearest that the type holds, ties to even.</summary>
    static abstract void Store(Vector256<float> values, void* map, nint index);

    /// <summary>The number at <paramref name="index"/>.</summary>
    static abstract float Get(void* map, nint index);

    /// <summary>Writes one number, rounded like <see cref="Store"/>.</summary>
    static abstract void Set(float value, void* map, nint index);
}

/// <summary>float32.</summary>
internal readonly unsafe struct Float32Element : IFeatureElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(void* map, nint index) => Vector256.Load((float*)map + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, void* map, nint index) => values.Store((float*)map + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* map, nint index) => ((float*)map)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(float value, void* map, nint index) => ((float*)map)[index] = value;
}

/// <summary>bfloat16: the upper half of a float32.</summary>
internal readonly unsafe struct BFloat16Element : IFeatureElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(void* map, nint index)
    {
        var (low, high) = Vector128.Widen(Vector128.Load((ushort*)map + index));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, void* map, nint index)
    {
        var bits = values.AsUInt32();
        // What arithmetic yields as "no number" has an empty lower half, so the carry never turns one into a number.
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >>> 16) & Vector256<uint>.One)) >>> 16;
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)map + index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* map, nint index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)map)[index] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(float value, void* map, nint index)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)map)[index] = (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
