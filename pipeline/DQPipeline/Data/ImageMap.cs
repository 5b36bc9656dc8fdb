using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace DQPipeline.Data;

/// <summary>
/// A file mapped for reading. It stays mapped until the process ends: spans over it are handed out, and nothing tells when the last of them is gone.
/// Pages that were read count as memory of the process, so they are let go of from time to time; they stay in the system's own cache, from which they come back without the disk.
/// </summary>
internal sealed unsafe class ImageMap
{
    /// <summary>Bytes of pages that may be held before they are let go of.</summary>
    private const long Most = 256 << 20;

    /// <summary>What the system maps around a page that is asked for, at both ends of an image.</summary>
    private const long Around = 2 * (64 << 10);

    /// <summary>Keeps every map from being finalized, which would unmap it.</summary>
    private static readonly List<ImageMap> Kept = [];

    private readonly byte* _start;
    private readonly long _length;
    private readonly long _held;
    private long _touched;

    /// <summary>Maps all of a file, which need not stay open.</summary>
    /// <param name="file">The file, not empty.</param>
    /// <param name="held">Bytes of its pages that may count as memory of the process, about.</param>
    public ImageMap(FileStream file, long held = Most)
    {
        _held = held;
        _length = file.Length;
        var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        View = map.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
        View.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += View.PointerOffset;
        lock (Kept)
            Kept.Add(this);
    }

    /// <summary>Held for as long as this is, since its finalizer would unmap the file.</summary>
    private MemoryMappedViewAccessor View { get; }

    /// <summary>Bytes of the file. Safe to use on several threads.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _length - count);
        if (OperatingSystem.IsLinux() && _length > _held && Interlocked.Add(ref _touched, count + Around) > _held)
        {
            Interlocked.Exchange(ref _touched, 0);
            // Other threads may be reading: a page that they want is simply mapped again. A refusal costs memory only.
            _ = Advise((nint)_start, (nuint)_length, DoNotNeed);
        }

        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    private const int DoNotNeed = 4; // MADV_DONTNEED

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(nint start, nuint length, int advice);
}
