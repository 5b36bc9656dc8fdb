using DQPipeline.Declarations;

namespace DQPipeline.Imaging;

/// <summary>
/// Reads files of folders that anyone may have filled. A pipe would be waited for without an end, a device read without one: both say that they have 0 bytes. Links are followed, as data sets often lie
/// elsewhere.
/// </summary>
internal static class OrdinaryFile
{
    /// <summary>All of a file.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="mend">What to do about one that cannot be used, as a sentence.</param>
    /// <param name="check">Hears how many bytes it has, before there is memory for them, and throws where they are too many.</param>
    /// <exception cref="DqException">DQ2002: it is empty, no ordinary file, or shorter than it says.</exception>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static byte[] Read(string path, string mend, Action<long> check)
    {
        Require(path, mend);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        // Asked of what was opened: a link's own length is that of its text, and its target may have changed by now.
        var length = file.CanSeek ? file.Length : 0;
        if (length == 0)
            throw Empty(path, mend);
        check(length);
        var bytes = new byte[length];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == length ? bytes : throw Damaged($"{path} ended after {read} of {length} bytes: it was changed, or is no ordinary file. {mend}");
    }

    /// <summary>Refuses what has no bytes, before it is opened: whoever opens a pipe waits until somebody writes into it.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="mend">What to do about it, as a sentence.</param>
    /// <exception cref="DqException">DQ2002: it is empty, or no ordinary file.</exception>
    /// <exception cref="IOException">It is not there.</exception>
    public static void Require(string path, string mend)
    {
        // A target that is not found here is left to whoever opens the link: .NET strikes ".." out of paths, which behind a link to a folder leads elsewhere.
        if ((File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)) is FileInfo { Exists: true, Length: 0 })
            throw Empty(path, mend);
    }

    private static DqException Empty(string path, string mend) => Damaged($"{path} has 0 bytes: it is empty, or no ordinary file. {mend}");

    private static DqException Damaged(string message) => new(DiagnosticCodes.DataCorrupt, message);
}
