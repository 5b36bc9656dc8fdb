using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using DQPipeline.Declarations;
using Microsoft.Win32.SafeHandles;

namespace DQPipeline.Data;

/// <summary>
/// Decoded images of a folder in one file of the cache (<see cref="ImageStoreHead"/>), which is made once and then mapped. Images are written as they are decoded, so that no more of them is in memory
/// than there are threads. The file's name says what it was made of; every byte of it is checked when it is opened, and what is damaged is made again.
/// </summary>
internal static class ImageStore
{
    /// <summary>Part of the name: to be raised by whoever changes how images are chosen, decoded, resized or laid down.</summary>
    private const string Version = "images/1";

    /// <summary>Bytes that are read at once to be checked.</summary>
    private const int Chunk = 4 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>The data set of a source, from the cache or by way of it.</summary>
    /// <exception cref="DqException">What <see cref="ImageFolder"/> says of the images; DQ6004: the cache cannot be written; DQ6001: it does not keep what is written.</exception>
    public static ImageDataset Load(ImageSource source, ImageFolderDeclaration declaration, ImageCache cache, CancellationToken cancellation)
    {
        AtomicFile.CreateFolder(cache.Folder);
        var stamp = source.Stamp();
        var path = Path.Combine(cache.Folder, Name(declaration, cache.Content, stamp));
        if (Open(path, declaration.MayFlip, null, cancellation) is { } found)
            return found;
        using var held = Hold(cache.Folder, cancellation);
        // Whoever held it may have made the same, or mended it.
        if (Open(path, declaration.MayFlip, cache.OnWarning, cancellation) is { } made)
            return made;
        AtomicFile.Sweep(cache.Folder);
        Make(source, declaration, stamp, path, cancellation);
        return Open(path, declaration.MayFlip, null, cancellation)
            ?? throw new DqException(DiagnosticCodes.CacheCorrupt, $"{path} does not hold what was just written to it; check the disk and build again");
    }

    private static string Name(ImageFolderDeclaration declaration, string content, string stamp)
    {
        // Of the declaration, what decides on the bytes; a path may lead to the same content.
        var parts = string.Create(CultureInfo.InvariantCulture, $"{Version}\n{content}\n{stamp}\n{declaration.Size} {declaration.TestShare:R} {declaration.Train} {declaration.Test} {declaration.Seed}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts))) + ".safetensors";
    }

    /// <summary>One process at a time decodes; the others wait, since they most often want the same.</summary>
    private static FileStream Hold(string folder, CancellationToken cancellation)
    {
        while (true)
        {
            if (ExclusiveFile.TryOpen(Path.Combine(folder, "making.lock")) is { } held)
                return held;
            _ = cancellation.WaitHandle.WaitOne(Patience);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static void Make(ImageSource source, ImageFolderDeclaration declaration, string stamp, string path, CancellationToken cancellation)
    {
        var chosen = ImageFolder.Choose(source, declaration);
        var head = new ImageStoreHead(chosen.Shape, new long[chosen.Train.Length], new long[chosen.Test.Length]);
        var temporary = AtomicFile.TemporaryFor(path);
        try
        {
            var first = (long)head.Encode().Length;
            var imageBytes = chosen.Shape.ImageBytes;
            // The room is taken at once: a disk that is too full says so before the work and not in its midst.
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.None, first + ((long)imageBytes * (chosen.Train.Length + chosen.Test.Length))))
            {
                using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                Write(chosen.Train, first, head.TrainChecks);
                Write(chosen.Test, first + ((long)imageBytes * chosen.Train.Length), head.TestChecks);
                RandomAccess.Write(file, head.Encode(), 0);
                RandomAccess.FlushToDisk(file);

                void Write(ImageFile[] files, long at, long[] checks)
                {
                    IOException? failure = null;
                    try
                    {
                        ImageFolder.Decode(source, files, chosen.Decoder, (i, image) =>
                        {
                            checks[i] = Check(image);
                            try
                            {
                                RandomAccess.Write(file, image, at + ((long)i * imageBytes));
                            }
                            catch (IOException e)
                            {
                                // It is no fault of the image.
                                failure = e;
                                writing.Cancel();
                            }
                        }, writing.Token);
                    }
                    catch (OperationCanceledException) when (failure is not null)
                    {
                    }

                    if (failure is not null)
                        throw AtomicFile.CannotWrite(path, failure);
                }
            }

            if (source.Stamp() != stamp)
                throw DataErrors.Corrupt($"{source.Path} was changed while its images were read; build again when nothing writes there");
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            AtomicFile.TryDelete(temporary);
            if (AtomicFile.IsWriteFailure(e))
                throw AtomicFile.CannotWrite(path, e);
            throw;
        }
    }

    private static ImageDataset? Open(string path, bool mayFlip, Action<Diagnostic>? warn, CancellationToken cancellation)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            var (head, first) = ImageStoreHead.Read(file);
            var (shape, imageBytes) = (head.Shape, head.Shape.ImageBytes);
            var test = first + ((long)imageBytes * shape.Train.Length);
            Verify(file.SafeFileHandle, first, imageBytes, head.TrainChecks, cancellation);
            Verify(file.SafeFileHandle, test, imageBytes, head.TestChecks, cancellation);
            MarkUsed(path);
            var map = new ImageMap(file);
            return new ImageDataset(shape.Labels, 3, shape.Height, shape.Width, mayFlip, new(map, first, imageBytes, shape.Train), new(map, test, imageBytes, shape.Test));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteFailure(e))
        {
            warn?.Invoke(new(DiagnosticCodes.CacheCorrupt, $"{path} did not hold what its name promises; its images are decoded again", Severity: Severity.Warning));
            return null;
        }
    }

    /// <summary>Read and not mapped, so that a check of all images takes no more memory than its buffers.</summary>
    private static void Verify(SafeFileHandle file, long first, int imageBytes, long[] checks, CancellationToken cancellation)
    {
        var each = Math.Max(1, Chunk / imageBytes);
        var sound = true;
        _ = Parallel.For(0, (checks.Length + each - 1) / each, new ParallelOptions { CancellationToken = cancellation }, (chunk, state) =>
        {
            var begin = chunk * each;
            var count = Math.Min(each, checks.Length - begin);
            var buffer = ArrayPool<byte>.Shared.Rent(count * imageBytes);
            var bytes = buffer.AsSpan(0, count * imageBytes);
            var read = 0;
            for (int now; read < bytes.Length && (now = RandomAccess.Read(file, bytes[read..], first + ((long)begin * imageBytes) + read)) > 0; read += now)
            {
            }

            for (var i = 0; i < count && read == bytes.Length; i++)
            {
                if (Check(bytes.Slice(i * imageBytes, imageBytes)) != checks[begin + i])
                    read = 0;
            }

            ArrayPool<byte>.Shared.Return(buffer);
            if (read == bytes.Length)
                return;
            sound = false;
            state.Stop();
        });
        if (!sound)
            throw new InvalidDataException();
    }

    private static long Check(ReadOnlySpan<byte> image) => (long)XxHash3.HashToUInt64(image);

    /// <summary>The cache is thinned out by when its files were used last.</summary>
    private static void MarkUsed(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // A cache that may only be read is thinned out by whoever may write it.
        }
    }
}
