using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace DQPipeline.Native;

/// <summary>The library that libtorch computes convolutions on a CPU with.</summary>
internal static class OneDnn
{
    private const int CacheProperties = unchecked((int)0x8000001D);
    private const int HighestExtended = unchecked((int)0x80000000);
    private const int CacheType = 0x1F;

    /// <summary>
    /// Whether weights whose channels it pads to whole blocks may be wrong. It asks an AMD processor for its caches by CPUID function 8000_001D; where a hypervisor hides that (Firecracker does), it takes each of them
    /// to be one byte, and then clears the padding in the wrong places: weights are lost, what was not cleared is computed with, and memory behind them may be overwritten. So it is in oneDNN 3.7.1, which libtorch
    /// 2.10.0 holds. Convolutions whose channels fill whole blocks are right.
    /// </summary>
    public static bool PadsWrongly { get; } = X86Base.IsSupported && HidesCaches(X86Base.CpuId);

    /// <summary>Whether a processor is AMD's and tells nothing of its caches.</summary>
    /// <param name="cpuid">Answers function and sub-function with EAX, EBX, ECX and EDX.</param>
    internal static bool HidesCaches(Func<int, int, (int Eax, int Ebx, int Ecx, int Edx)> cpuid)
    {
        var vendor = cpuid(0, 0);
        if (!MemoryMarshal.AsBytes([vendor.Ebx, vendor.Edx, vendor.Ecx]).SequenceEqual("AuthenticAMD"u8))
            return false;
        return (uint)cpuid(HighestExtended, 0).Eax < unchecked((uint)CacheProperties) || (cpuid(CacheProperties, 0).Eax & CacheType) == 0;
    }
}
