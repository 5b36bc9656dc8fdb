using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace DQPipeline.Fuzz;

/// <summary>
/// Which branches of the instrumented assemblies were taken, and about how often: SharpFuzz's map of 65,536 counters, in which an input counts for something new where it takes a branch
/// that none took before, or takes one twice as often (the buckets of AFL).
/// </summary>
internal sealed unsafe class CoverageMap
{
    private const int Size = 1 << 16;

    private readonly byte* _counters = (byte*)NativeMemory.AllocZeroed(Size);

    /// <summary>For each branch the buckets that were seen, one bit each.</summary>
    private readonly byte[] _seen = new byte[Size];

    /// <summary>From now on the assemblies of this process count here.</summary>
    public CoverageMap() => Trace.SharedMem = _counters;

    /// <summary>Branches that were taken so far.</summary>
    public int Branches { get; private set; }

    /// <summary>Begins to count anew.</summary>
    public void Clear()
    {
        new Span<byte>(_counters, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Takes in what was counted; true where any of it is new.</summary>
    public bool Take()
    {
        var isNew = false;
        var words = new ReadOnlySpan<ulong>(_counters, Size / sizeof(ulong));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
                continue;
            for (var i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
                isNew |= Take(i);
        }

        return isNew;
    }

    private bool Take(int branch)
    {
        var count = _counters[branch];
        if (count == 0)
            return false;
        // 1, 2, 3, 4 to 7, 8 to 15, and so on.
        var bucket = (byte)(1 << (count < 4 ? count - 1 : Math.Min(7, BitOperations.Log2(count) + 1)));
        if ((_seen[branch] & bucket) != 0)
            return false;
        if (_seen[branch] == 0)
            Branches++;
        _seen[branch] |= bucket;
        return true;
    }
}
