using System.Buffers;
using System.Security.Cryptography;
using DQPipeline.Declarations;
using Microsoft.Win32.SafeHandles;

namespace DQPipeline.Targets.Files;

/// <summary>SHA-256 of files.</summary>
internal static class ContentHash
{
    private const int Buffer = 1 << 17;

    /// <summary>The hash of a file, 32 bytes.</summary>
    public static byte[] OfFile(string path, CancellationToken cancellation = default)
    {
        using var handle = Open(path);
        var buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            var read = RandomAccess.Read(handle, buffer, 0);
            // Most images fit the buffer: one call then hashes them, without an incremental hash to set up.
            if (read < buffer.Length && RandomAccess.Read(handle, buffer.AsSpan(read), read) == 0)
                return SHA256.HashData(buffer.AsSpan(0, read));
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long offset = 0; (read = RandomAccess.Read(handle, buffer, offset)) > 0; offset += read)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }

            return hash.GetHashAndReset();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies a file into an open stream and returns the hash of what was copied, 32 bytes; null where it cannot be read to its end. What cannot be written throws.</summary>
    public static byte[]? Copy(string path, Stream target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            using var handle = TryOpen(path);
            for (long offset = 0; handle is not null && TryRead(handle, buffer, offset) is { } read; offset += read)
            {
                if (read == 0)
                    return hash.GetHashAndReset();
                hash.AppendData(buffer, 0, read);
                target.Write(buffer, 0, read);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return Open(path);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    private static int? TryRead(SafeFileHandle handle, byte[] buffer, long offset)
    {
        try
        {
            return RandomAccess.Read(handle, buffer, offset);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }
}
