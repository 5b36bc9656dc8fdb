namespace DQPipeline.Declarations;

/// <summary>Files that appear whole or not at all: written beside, flushed to disk, renamed. Failures are DQ6004 with the path and the mend.</summary>
public static class AtomicFile
{
    /// <summary>In the name of every file that is not yet whole; what a killed run leaves behind is swept by it.</summary>
    public const string TemporaryMark = ".tmp-";

    /// <summary>Writes a file from what it is to hold.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="content">All that it is to hold.</param>
    /// <param name="temporaryFolder">Where it lies until it is whole, on the same file system; the default is its own folder.</param>
    /// <exception cref="DqException">DQ6004: it cannot be written; an older file of this name is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, string? temporaryFolder = null)
    {
        var temporary = TemporaryFor(temporaryFolder is null ? path : Path.Combine(temporaryFolder, Path.GetFileName(path)));
        try
        {
            using (var stream = Create(temporary))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            TryDelete(temporary);
            throw CannotWrite(path, e);
        }
    }

    /// <summary>Writes a file through a stream, which can be read back and sought.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="write">Writes all that it is to hold.</param>
    /// <exception cref="DqException">DQ6004: it cannot be written; an older file of this name is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = TemporaryFor(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (IsWriteFailure(e))
                throw CannotWrite(path, e);
            throw;
        }
    }

    /// <summary>The name under which a file lies until it is whole.</summary>
    public static string TemporaryFor(string path) => path + TemporaryMark + Guid.NewGuid().ToString("N");

    /// <summary>Makes a temporary file, for writing alone.</summary>
    public static FileStream Create(string path) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);

    /// <summary>Makes a folder and those above it where they are missing.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be made.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            _ = Directory.CreateDirectory(path);
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>Removes what killed runs left half-written in a folder itself. A failure to do so is of no consequence.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">Which names; the default is those of all temporary files.</param>
    /// <param name="before">Only what was last written before then, in a folder where others write too; null removes all.</param>
    public static void Sweep(string folder, string pattern = "*" + TemporaryMark + "*", DateTimeOffset? before = null)
    {
        try
        {
            foreach (var left in Directory.EnumerateFiles(folder, pattern))
            {
                if (before is not { } limit || File.GetLastWriteTimeUtc(left) < limit.UtcDateTime)
                    TryDelete(left);
            }
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
        }
    }

    /// <summary>Removes a file, if that is possible.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
        }
    }

    /// <summary>Whether the failure is the file system's and not the program's.</summary>
    public static bool IsWriteFailure(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The coded error for a failure to write.</summary>
    public static DqException CannotWrite(string path, Exception e) => new(DiagnosticCodes.CannotWrite, $"cannot write {path}: {Why(e, IsOfBuild(path))}", inner: e);

    private const int NoSpaceUnix = 28;
    private const int QuotaUnix = 122;
    private const int ReadOnlyUnix = 30;
    private const int DiskFullWindows = 112;

    /// <summary>Whether to try again at once would be in vain: the disk is full or can only be read.</summary>
    public static bool IsForGood(Exception e) => e is UnauthorizedAccessException || Code(e) is NoSpaceUnix or DiskFullWindows or QuotaUnix or ReadOnlyUnix;

    /// <summary>The low 16 bits of HResult are errno on Unix and the Win32 error on Windows.</summary>
    private static int Code(Exception e) => e.HResult & 0xFFFF;

    /// <summary>The system's reason in words, with the mend.</summary>
    private static string Why(Exception e, bool ofBuild)
    {
        var again = ofBuild ? "build again, nothing that was finished is lost" : "try again";
        var elsewhere = ofBuild ? "build in a copy of the folder" : "write elsewhere";
        return Code(e) switch
        {
            NoSpaceUnix or DiskFullWindows => $"the disk is full; free some space and {again}",
            QuotaUnix => $"the disk quota is used up; free some space and {again}",
            ReadOnlyUnix => $"the file system is read-only; {elsewhere}",
            _ when e is UnauthorizedAccessException => $"access is denied; give yourself the right to write there, or {elsewhere}",
            _ => $"{Final(e.Message).TrimEnd('.')}; mend that and {again}",
        };
    }

    /// <summary>A system's words, with the name that a file was to have at last: nobody knows the one that it had until then.</summary>
    private static string Final(string message) =>
        message.IndexOf(TemporaryMark, StringComparison.Ordinal) is >= 0 and var at ? message.Remove(at, Math.Min(message.Length - at, TemporaryMark.Length + 32)) : message;

    /// <summary>Whether builds write a file: dq.lock, and what is below .dq.</summary>
    private static bool IsOfBuild(string path) => Path.GetFileName(path) == "dq.lock" || Path.GetFullPath(path).Split(Path.DirectorySeparatorChar).Contains(".dq");
}
