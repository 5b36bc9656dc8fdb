using System.Formats.Tar;
using System.IO.Compression;
using DQPipeline.Imaging;

namespace DQPipeline.Data.Cifar;

/// <summary>One published version of a CIFAR set.</summary>
/// <param name="Folder">The folder that its archive unpacks to.</param>
/// <param name="Train">The files of training images, in their order.</param>
/// <param name="Test">The file of test images.</param>
/// <param name="Names">Files with the names of classes.</param>
internal sealed record CifarVersion(string Folder, string[] Train, string Test, params string[] Names)
{
    /// <summary>All its files.</summary>
    public IEnumerable<string> Files => [.. Train, Test, .. Names];
}

/// <summary>The files of a CIFAR set, from a folder or from the .tar.gz as it is published, which is read in place.</summary>
/// <param name="kind">The word in the declaration, which <c>dq data fetch</c> knows too.</param>
/// <param name="title">The set's name in messages.</param>
/// <param name="largestFile">Bytes beyond which no file is read or unpacked.</param>
/// <param name="versions">What may lie there; where several do, the first is taken.</param>
internal sealed class CifarFiles(string kind, string title, long largestFile, params CifarVersion[] versions)
{
    /// <summary>Reads the files of the version that lies at a path.</summary>
    /// <returns>The version, and its files by name. Files with names of classes may lack, others not.</returns>
    /// <exception cref="Declarations.DqException">DQ2001 nothing there, or not all of it; DQ2002 an archive is damaged; DQ2004 it would unpack to too much.</exception>
    public (CifarVersion Version, Dictionary<string, byte[]> Files) Read(string path, CancellationToken cancellation)
    {
        var files = Directory.Exists(path) ? FromFolder(path, cancellation)
            : File.Exists(path) ? FromArchive(path, cancellation)
            : throw DataErrors.Missing($"{path} is neither a folder nor a file. `dq data fetch {kind}` brings {title}; then set 'path' to what it wrote.");

        // The version of which most is there: where one of its files lacks, that is what is said.
        var version = versions.MaxBy(candidate => candidate.Train.Append(candidate.Test).Count(files.ContainsKey))!;
        foreach (var name in version.Train.Append(version.Test))
        {
            if (!files.ContainsKey(name))
                throw DataErrors.Missing($"{path} has no {name}. {title} has {string.Join(", or ", versions.Select(v => string.Join(", ", v.Train.Append(v.Test))))}; `dq data fetch {kind}` brings it.");
        }

        return (version, files);
    }

    private Dictionary<string, byte[]> FromFolder(string folder, CancellationToken cancellation)
    {
        // The folder that the archive unpacks to may be named, or the one in which it was unpacked.
        string[] places = [folder, .. versions.Select(version => Path.Combine(folder, version.Folder))];
        var place = places.FirstOrDefault(candidate => versions.Any(version => File.Exists(Path.Combine(candidate, version.Test))), folder);

        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in versions.SelectMany(version => version.Files))
        {
            cancellation.ThrowIfCancellationRequested();
            var file = new FileInfo(Path.Combine(place, name));
            if (!file.Exists)
                continue;
            files[name] = OrdinaryFile.Read(file.FullName, "Fetch the data again.", length =>
            {
                if (length > largestFile)
                    throw DataErrors.Corrupt($"{file.FullName} has {length} bytes, more than any file of {title}. Fetch the data again.");
            });
        }

        return files;
    }

    private Dictionary<string, byte[]> FromArchive(string path, CancellationToken cancellation)
    {
        var wanted = versions.SelectMany(version => version.Files).ToHashSet(StringComparer.Ordinal);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        OrdinaryFile.Require(path, $"Fetch it again with `dq data fetch {kind}`.");
        try
        {
            using var file = File.OpenRead(path);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var archive = new TarReader(unzipped);
            while (archive.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                var name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                if (entry.DataStream is null || !wanted.Contains(name))
                    continue;
                if (entry.Length > largestFile || entry.Length > file.Length * Limit.LargestDeflateRatio)
                    throw DataErrors.Unsafe($"{entry.Name} in {path} would unpack to {entry.Length} bytes, more than any file of {title}. Fetch the archive again.");
                var bytes = new byte[entry.Length];
                entry.DataStream.ReadExactly(bytes);
                if (!files.TryAdd(name, bytes))
                    throw DataErrors.Corrupt($"{path} holds {name} twice. Fetch the archive again.");
            }
        }
        // What the reader of .tar throws at numbers and texts that are none is not of one kind.
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw DataErrors.Corrupt($"{path} is no whole .tar.gz ({e.Message.TrimEnd('.')}). Fetch it again with `dq data fetch {kind}`.", e);
        }

        return files;
    }
}
