using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Imaging;

namespace DQPipeline.Data;

/// <summary>Where image files lie: a folder, or a .zip.</summary>
internal abstract class ImageSource(string path) : IDisposable
{
    /// <summary>The largest image file, packed or not, that is read.</summary>
    public const int LargestFile = 64 << 20;

    /// <summary>The folder or archive.</summary>
    public string Path { get; } = path;

    /// <exception cref="DqException">DQ2001 nothing there, DQ2002 no whole .zip.</exception>
    public static ImageSource Open(string path) =>
        Directory.Exists(path) ? new FolderSource(path)
        : File.Exists(path) ? new ZipSource(path)
        : throw DataErrors.Missing($"{path} is neither a folder nor a file. Set 'path' to a folder, or a .zip, with train/CLASS/*.jpg and test/CLASS/*.jpg.");

    /// <summary>Every file, in any order. A folder of a class is listed too, with an empty last part.</summary>
    public abstract IEnumerable<ImageFile> List();

    /// <summary>
    /// Reads files and hands each to <paramref name="use"/> with its position in <paramref name="files"/>, on several threads and in any order. The bytes are lent for the call only.
    /// </summary>
    /// <returns>What failed, in the order of <paramref name="files"/>: in reading, or in <paramref name="use"/>.</returns>
    public IReadOnlyList<DqException> Read(IReadOnlyList<ImageFile> files, Action<int, ReadOnlyMemory<byte>> use, CancellationToken cancellation)
    {
        var failures = new ConcurrentBag<(int Index, DqException Failure)>();
        ReadAll(files, (index, step) =>
        {
            try
            {
                step();
            }
            catch (DqException e)
            {
                failures.Add((index, e));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failures.Add((index, new DqException(DiagnosticCodes.DataMissing, $"{Describe(files[index])} cannot be read: {e.Message}", inner: e)));
            }
        }, use, new ParallelOptions { CancellationToken = cancellation });
        return [.. failures.OrderBy(failure => failure.Index).Select(failure => failure.Failure)];
    }

    /// <summary>What the file system says of every image without reading it: while this is the same, so are the files, unless somebody hides a change.</summary>
    public abstract string Stamp();

    /// <summary>Does the reading; every step that can fail for one file runs within <paramref name="guard"/>.</summary>
    protected abstract void ReadAll(IReadOnlyList<ImageFile> files, Action<int, Action> guard, Action<int, ReadOnlyMemory<byte>> use, ParallelOptions options);

    /// <summary>A file's name for a message.</summary>
    public abstract string Describe(ImageFile file);

    public virtual void Dispose()
    {
    }

    private sealed class FolderSource(string path) : ImageSource(path)
    {
        private readonly List<string> _files = [];

        public override IEnumerable<ImageFile> List()
        {
            foreach (var (file, _) in Walk(Path, "", depth: 0))
            {
                _files.Add(file);
                yield return new ImageFile(_files.Count - 1, file.Split('/'));
            }
        }

        public override string Stamp()
        {
            // Each entry's hash is added, so that no list has to be sorted: the file system lists in any order.
            UInt128 sum = 0;
            foreach (var (name, entry) in Walk(Path, "", depth: 0))
            {
                // A build writes dq.lock where the data are a pipeline's own folder.
                if (entry is FileInfo && !ImageCatalogue.IsImage(name))
                    continue;
                var text = entry is FileInfo { Exists: true } file ? string.Create(CultureInfo.InvariantCulture, $"{name}\0{file.Length}\0{file.LastWriteTimeUtc.Ticks}") : name;
                sum += XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text.AsSpan()));
            }

            return sum.ToString("x32", CultureInfo.InvariantCulture);
        }

        protected override void ReadAll(IReadOnlyList<ImageFile> files, Action<int, Action> guard, Action<int, ReadOnlyMemory<byte>> use, ParallelOptions options) =>
            Parallel.For(0, files.Count, options, i => guard(i, () =>
            {
                var name = System.IO.Path.Combine(Path, _files[files[i].Entry]);
                use(i, OrdinaryFile.Read(name, "Replace the image, or remove it.", length =>
                {
                    if (length > LargestFile)
                        throw DataErrors.Unsafe($"{name} has {length} bytes; images of up to {LargestFile >> 20} MiB are read.");
                }));
            }));

        public override string Describe(ImageFile file) => System.IO.Path.Combine(Path, _files[file.Entry]);

        /// <summary>train/CLASS/FILE, one folder around it, and one level more, where a misplaced image is found: links in a circle end there. What is hidden is no image, and .dq/ grows meanwhile.</summary>
        private static IEnumerable<(string Name, FileSystemInfo Entry)> Walk(string folder, string prefix, int depth)
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (entry.Name.StartsWith('.'))
                    continue;
                var name = prefix + entry.Name;
                if (entry is not DirectoryInfo)
                {
                    yield return (name, entry);
                }
                else if (depth < 4)
                {
                    yield return (name + "/", entry);
                    foreach (var file in Walk(entry.FullName, name + "/", depth + 1))
                        yield return file;
                }
            }
        }
    }

    private sealed class ZipSource : ImageSource
    {
        private readonly ZipArchive _archive;
        private readonly List<ZipArchiveEntry> _entries;

        public ZipSource(string path) : base(path)
        {
            OrdinaryFile.Require(path, "Make or fetch it again.");
            try
            {
                _archive = new ZipArchive(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
                _entries = [.. _archive.Entries];
            }
            catch (InvalidDataException e)
            {
                throw DataErrors.Corrupt($"{path} is no whole .zip ({e.Message.TrimEnd('.')}). Make or fetch it again.", e);
            }
        }

        public override IEnumerable<ImageFile> List()
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < _entries.Count; i++)
            {
                // Some archivers of Windows write backslashes.
                var name = _entries[i].FullName.Replace('\\', '/');
                var parts = name.Split('/');
                if (name.StartsWith('/') || parts.Contains("..") || (name.Length > 1 && name[1] == ':'))
                    throw DataErrors.Unsafe($"{Path}: the entry '{_entries[i].FullName}' points out of the archive. Such an archive is not read; make it again from the folder that holds train/ and test/.");
                if (!seen.Add(name))
                    throw DataErrors.Corrupt($"{Path} holds '{_entries[i].FullName}' twice. Make the archive again.");
                string[] named = [.. parts.Where((part, at) => part != "." && (part.Length > 0 || at == parts.Length - 1))];
                // "." is the archive's own folder, and nothing in it.
                if (named.Length > 0)
                    yield return new ImageFile(i, named);
            }
        }

        /// <summary>
        /// An archive is one stream, so its entries are read one after the other: the enumerator's lock makes the workers take turns, and they decode
        /// side by side, each with one file in memory.
        /// </summary>
        protected override void ReadAll(IReadOnlyList<ImageFile> files, Action<int, Action> guard, Action<int, ReadOnlyMemory<byte>> use, ParallelOptions options) =>
            Parallel.ForEach(Partitioner.Create(InTurn(files, guard), EnumerablePartitionerOptions.NoBuffering), options, item => guard(item.Index, () =>
            {
                var bytes = item.Bytes.AsMemory(0, item.Length);
                VerifyChecksum(bytes.Span, _entries[files[item.Index].Entry].Crc32, Describe(files[item.Index]));
                use(item.Index, bytes);
                ArrayPool<byte>.Shared.Return(item.Bytes);
            }));

        /// <summary>System.IO.Compression unpacks a damaged entry without a word.</summary>
        private static void VerifyChecksum(ReadOnlySpan<byte> bytes, uint expected, string name)
        {
            if (Crc32.HashToUInt32(bytes) != expected)
                throw DataErrors.Corrupt($"{name} does not match its checksum: the archive is damaged. Make or fetch it again.");
        }

        public override string Stamp()
        {
            var file = new FileInfo(Path);
            return string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}");
        }

        public override string Describe(ImageFile file) => $"{Path}: {_entries[file.Entry].FullName}";

        public override void Dispose() => _archive.Dispose();

        private IEnumerable<(int Index, byte[] Bytes, int Length)> InTurn(IReadOnlyList<ImageFile> files, Action<int, Action> guard)
        {
            for (var i = 0; i < files.Count; i++)
            {
                (byte[] Bytes, int Length)? file = null;
                guard(i, () => file = ReadEntry(_entries[files[i].Entry]));
                if (file is var (bytes, length))
                    yield return (i, bytes, length);
            }
        }

        private (byte[] Bytes, int Length) ReadEntry(ZipArchiveEntry entry)
        {
            if (entry.Length > LargestFile)
                throw DataErrors.Unsafe($"{Path}: the entry '{entry.FullName}' would unpack to {entry.Length} bytes; images of up to {LargestFile >> 20} MiB are read.");
            var length = (int)entry.Length;
            var bytes = ArrayPool<byte>.Shared.Rent(length + 1);
            try
            {
                using var stream = entry.Open();
                // One byte more than declared is asked for: what comes then is an entry that lies about its size.
                var read = stream.ReadAtLeast(bytes.AsSpan(0, length + 1), length + 1, throwOnEndOfStream: false);
                if (read > length)
                    throw DataErrors.Unsafe($"{Path}: the entry '{entry.FullName}' unpacks to more than the {length} bytes it declares. Make the archive again.");
                if (read < length)
                    throw DataErrors.Corrupt($"{Path}: the entry '{entry.FullName}' ends after {read} of {length} bytes. The archive is damaged; make or fetch it again.");
                return (bytes, length);
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
                throw DataErrors.Corrupt($"{Path}: the entry '{entry.FullName}' cannot be unpacked ({e.Message.TrimEnd('.')}). Make or fetch the archive again.", e);
            }
        }
    }
}
