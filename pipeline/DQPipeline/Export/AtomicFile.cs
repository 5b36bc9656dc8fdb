using DQPipeline.Declarations;

namespace DQPipeline.Export;

/// <summary>Files that appear whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside <paramref name="path"/>, flushes to the disk, and renames: a crash or a full disk leaves the old file as it was.</summary>
    /// <param name="path">The file. Its folder is created where it is missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var draft = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(draft);
            throw Unwritable(path, e);
        }
    }

    /// <summary>The diagnostic of a file or folder that cannot be written.</summary>
    public static DqException Unwritable(string path, Exception cause) => new(
        DiagnosticCodes.CannotWrite,
        $"'{path}' cannot be written: {cause.Message.TrimEnd('.')}. Make room on the disk or the folder writable, and build again.",
        inner: cause);

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure to write is what the user has to hear about.
        }
    }
}
