namespace DQPipeline.Declarations;

/// <summary>An open file that one process at a time can hold; the system releases it however the holder ends.</summary>
public static class ExclusiveFile
{
    /// <summary>The file, held; null while another holds it.</summary>
    /// <param name="path">The file; it is made where it is missing, and its folder exists.</param>
    /// <exception cref="DqException">DQ6004: it cannot be opened for writing at all.</exception>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(path, e);
        }
    }

    /// <summary>flock's EWOULDBLOCK (11 on Linux, 35 on macOS), or Windows' sharing violation (32).</summary>
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32;
}
