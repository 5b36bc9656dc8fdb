using System.Buffers;
using System.Security.Cryptography;

namespace DQPipeline.Targets.Files;

/// <summary>SHA-256 of files.</summary>
internal static class ContentHash
{
    private const int Buffer = 1 << 17;

    /// <summary>The hash of a file, 32 bytes.</summary>
    public static byte[] OfFile(string path, CancellationToken cancellation = default)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        return Read(handle, write: null, cancellation);
    }

    /// <summary>Copies a file into an open stream and returns the hash of what was copied, 32 bytes.</summary>
    public static byte[] Copy(string path, Stream target)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        return Read(handle, target, CancellationToken.None);
    }

    private static byte[] Read(Microsoft.Win32.SafeHandles.SafeFileHandle handle, Stream? write, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            var read = RandomAccess.Read(handle, buffer, 0);
            // Most images fit the buffer: one call then hashes them, without an incremental hash to set up.
            if (read < buffer.Length && write is null && RandomAccess.Read(handle, buffer.AsSpan(read), read) == 0)
                return SHA256.HashData(buffer.AsSpan(0, read));
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long offset = 0; (read = RandomAccess.Read(handle, buffer, offset)) > 0; offset += read)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                write?.Write(buffer, 0, read);
            }

            return hash.GetHashAndReset();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
