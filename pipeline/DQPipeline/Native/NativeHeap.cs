using System.Runtime.InteropServices;

namespace DQPipeline.Native;

/// <summary>How the C library's allocator, from which libtorch has the memory of its tensors on a CPU, treats what is freed.</summary>
public static class NativeHeap
{
    // mallopt(3); the values are those of glibc's malloc.h on every architecture.
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    /// <summary>Of 64-bit glibc, the most that one heap of another thread than the main one holds: padded by so much, such heaps are kept too.</summary>
    private const int HeapSize = 64 << 20;

    /// <summary>
    /// Keeps freed memory in the process, for what comes next. As it is, glibc gives everything of 128 KiB to 32 MiB and more back to the system, and each step of a training has its tensors
    /// from there again, page by page, each of which the kernel clears: on virtual machines, half of the time. For the whole process and for good; so it is for programs that train or attack and
    /// then end, and no library calls it for its host. The process holds the most that it ever used.
    /// </summary>
    /// <returns>Whether the allocator was told: false on other systems than Linux, and with other C libraries than glibc.</returns>
    public static bool KeepFreed()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return Set(MmapMax, 0) != 0 && Set(TrimThreshold, int.MaxValue) != 0 && Set(TopPad, HeapSize) != 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int Set(int parameter, int value);
}
