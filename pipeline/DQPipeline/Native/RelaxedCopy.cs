using System.Security.Cryptography;

namespace DQPipeline.Native;

/// <summary>
/// TorchSharp 0.107.0's native library asks for GLIBCXX_3.4.32 only because GCC 13's &lt;iostream&gt; leaves an undefined marker to which no
/// relocation refers; older systems (Debian 12, Ubuntu 22.04) refuse it for that alone. A copy whose need is weak runs there.
/// </summary>
internal static class RelaxedCopy
{
    /// <summary>The version that GCC 13 introduced.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>Per-user folders that may keep the copy, best first.</summary>
    public static IEnumerable<string> CacheFolders(string? xdgCacheHome, string localApplicationData)
    {
        // The XDG specification has relative paths ignored.
        if (!string.IsNullOrEmpty(xdgCacheHome) && Path.IsPathRooted(xdgCacheHome))
            yield return Path.Combine(xdgCacheHome, "dqpipeline");
        if (localApplicationData.Length > 0)
            yield return Path.Combine(localApplicationData, "dqpipeline");
    }

    /// <summary>
    /// Puts <paramref name="relaxed"/> into the first of <paramref name="folders"/> that takes it, or finds it there byte for byte; null where none does.
    /// The name holds the content's hash, so that versions live side by side; the file appears by renaming, so that no one ever sees half of it.
    /// </summary>
    public static string? Keep(byte[] relaxed, IEnumerable<string> folders)
    {
        foreach (var folder in folders)
        {
            var path = Path.Combine(folder, $"libLibTorchSharp-{Convert.ToHexStringLower(SHA256.HashData(relaxed))[..16]}.so");
            try
            {
                if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(relaxed))
                    return path;
                Directory.CreateDirectory(folder);
                var draft = Path.Combine(folder, $"{Path.GetRandomFileName()}.tmp");
                Write(draft, relaxed);
                File.Move(draft, path, overwrite: true);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A read-only home is normal in containers: the next folder.
            }
        }

        return null;
    }

    /// <summary>
    /// Where nothing can be kept: hands a copy in a fresh private folder to <paramref name="load"/> and removes it at once; what is loaded stays
    /// mapped. Private and fresh, so that in a shared temporary folder nobody can put another library in its place.
    /// </summary>
    public static T Pass<T>(byte[] relaxed, Func<string, T> load)
    {
        var folder = Directory.CreateTempSubdirectory("dqpipeline-");
        try
        {
            var path = Path.Combine(folder.FullName, "libLibTorchSharp.so");
            Write(path, relaxed);
            return load(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Write(string path, byte[] bytes)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }
}
