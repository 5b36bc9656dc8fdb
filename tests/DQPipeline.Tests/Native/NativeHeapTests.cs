using System.Globalization;
using System.Runtime.InteropServices;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

public class NativeHeapTests
{
    private const int Size = 32 << 20;
    private const int Together = 4;

    [Fact]
    public void What_is_freed_is_had_again_without_a_fault_of_its_pages()
    {
        Assert.SkipUnless(NativeHeap.KeepFreed(), "the allocator of this system cannot be told");
        var faults = 0L;
        var thread = new Thread(() =>
        {
            Use();
            var before = Faults();
            for (var i = 0; i < 10; i++)
                Use();
            faults = Faults() - before;
        });
        thread.Start();
        thread.Join();
        // A block that is given back to the system and had again is a fault of each of its pages.
        Assert.InRange(faults, 0, Size / Environment.SystemPageSize);
    }

    /// <summary>As a step of training has tensors: several blocks from malloc, a byte on every page, and all are freed.</summary>
    private static void Use()
    {
        var blocks = Enumerable.Range(0, Together).Select(_ => Marshal.AllocHGlobal(Size)).ToArray();
        foreach (var block in blocks)
        {
            for (var at = 0; at < Size; at += Environment.SystemPageSize)
                Marshal.WriteByte(block, at, 1);
        }

        foreach (var block in blocks)
            Marshal.FreeHGlobal(block);
    }

    /// <summary>Pages that this thread had from the kernel: the tenth field of proc(5)'s stat, the eighth behind the program's name.</summary>
    private static long Faults()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
