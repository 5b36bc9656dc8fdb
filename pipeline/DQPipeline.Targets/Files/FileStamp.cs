using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace DQPipeline.Targets.Files;

/// <summary>
/// What a file system says of a file without reading it. An unchanged stamp means an unchanged content, unless the file was written in the very moment of
/// the stamp. The time of the last status change (ctime) is what makes it so: no program can set it back, as it can the modification time. The device is no
/// part of it: its number is another on each node that mounts a share, and for some file systems after each start of the machine.
/// </summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Modification time in nanoseconds (Unix) or ticks of 100 ns (elsewhere).</param>
/// <param name="Changed">Time of the last status change in nanoseconds since 1970; 0 where the system has none.</param>
/// <param name="Inode">The file's number on its device; 0 where the system has none.</param>
internal readonly record struct FileStamp(long Size, long Modified, long Changed, ulong Inode)
{
    /// <summary>A file written within this time of being stamped may be written again without a change of its stamp: clocks of file systems are coarse.</summary>
    private static readonly TimeSpan s_racy = TimeSpan.FromSeconds(2);

    /// <summary>Whether the stamp is too young, at <paramref name="now"/>, to be proof. A stamp of the future never is.</summary>
    public bool IsRacy(DateTimeOffset now)
    {
        var limit = now.UtcDateTime - s_racy;
        return Changed != 0 ? Changed > (limit - DateTime.UnixEpoch).Ticks * 100 : Modified > limit.Ticks;
    }

    /// <summary>The stamp of the regular file at <paramref name="path"/>, links followed; null where there is none.</summary>
    public static FileStamp? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Portable(path);
        return Statx.Read(path, out var status) && status.IsFile ? status.Stamp : null;
    }

    /// <summary>The identity of the folder at <paramref name="path"/> as long as the machine runs, links followed; null where it cannot be told.</summary>
    public static (ulong Device, ulong Inode)? FolderIdentity(string path) =>
        OperatingSystem.IsLinux() && Statx.Read(path, out var status) && !status.IsFile ? (status.Device, status.Stamp.Inode) : null;

    private static FileStamp? Portable(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new(file.Length, file.LastWriteTimeUtc.Ticks, 0, 0) : null;
    }

    /// <summary>statx(2), called by pointer so that no marshalling code is generated at run time: the no-op build lives off this call.</summary>
    private static unsafe class Statx
    {
        private const int CurrentFolder = -100; // AT_FDCWD
        private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
        private const int Buffer = 256; // sizeof(struct statx)

        [SkipLocalsInit]
        public static bool Read(string path, out Status status)
        {
            const int onStack = 1024;
            var longest = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
            var name = longest <= onStack ? stackalloc byte[onStack] : new byte[longest];
            name[Encoding.UTF8.GetBytes(path, name)] = 0;
            var buffer = stackalloc byte[Buffer];
            fixed (byte* pointer = name)
            {
                if (Call(CurrentFolder, pointer, 0, BasicStats, buffer) != 0)
                {
                    status = default;
                    return false;
                }
            }

            // The offsets are those of the kernel's ABI, the same on every architecture.
            var mode = *(ushort*)(buffer + 28);
            var inode = *(ulong*)(buffer + 32);
            var device = ((ulong)*(uint*)(buffer + 136) << 32) | *(uint*)(buffer + 140);
            status = new Status((mode & 0xF000) == 0x8000, device, new(*(long*)(buffer + 40), Time(buffer + 112), Time(buffer + 96), inode));
            return true;
        }

        private static long Time(byte* at) => *(long*)at * 1_000_000_000 + *(uint*)(at + 8);

        [DllImport("libc", EntryPoint = "statx")]
        private static extern int Call(int folder, byte* path, int flags, uint mask, byte* buffer);
    }

    private readonly record struct Status(bool IsFile, ulong Device, FileStamp Stamp);
}
