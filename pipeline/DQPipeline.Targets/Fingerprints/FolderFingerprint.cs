using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>
/// The content of a whole folder as one hash: SHA-256 over the names and hashes of its files in the order of <see cref="FolderWalk"/>.
/// Stamps and hashes of the last time lie in a file of <c>.dq/state</c>. A first pass only compares stamps with it and stops at the first difference; the
/// second, where one is needed, merges the old list into a new one and reads only the files that differ. Neither holds the folder in memory.
/// </summary>
/// <param name="root">The folder.</param>
/// <param name="statePath">The file of stamps and hashes.</param>
/// <param name="time">The clock.</param>
/// <param name="images">Which names count, where the folder is read as one of images; null where all do. Among them are some of no file: they count by being there.</param>
/// <param name="remembers">Whether what is found is written into that file.</param>
internal sealed class FolderFingerprint(string root, string statePath, TimeProvider time, ImageNames? images = null, bool remembers = true)
{
    /// <summary>The hash of a folder in which nothing counts: that of no bytes.</summary>
    public const string OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const int Chunk = 2048;

    /// <summary>The stamp of a name without a file, be it a folder's or a link's to nothing. No file has it.</summary>
    private static readonly FileStamp s_nothing = default;

    /// <summary>The folder's hash and what changed lately.</summary>
    /// <exception cref="DqException">DQ2002: a file cannot be read.</exception>
    public (string Hash, ChangeJournal Journal) Compute(CancellationToken cancellation)
    {
        try
        {
            if (Unchanged(cancellation) is { } tail)
                return tail;
            if (!remembers)
                return Rescan(Stream.Null, cancellation);
            var temporary = AtomicFile.TemporaryFor(statePath);
            try
            {
                (string, ChangeJournal) result;
                using (var stream = AtomicFile.Create(temporary))
                    result = Rescan(stream, cancellation);
                File.Move(temporary, statePath, overwrite: true);
                return result;
            }
            catch (Exception e) when (AtomicFile.IsWriteFailure(e))
            {
                // The memory cannot be written (read-only, full): do without. Failures to read the data were already wrapped.
                AtomicFile.TryDelete(temporary);
                return Rescan(Stream.Null, cancellation);
            }
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw Unreadable(root, e);
        }
    }

    internal static DqException Unreadable(string path, Exception e) =>
        new(DiagnosticCodes.DataCorrupt, $"{path} cannot be read: {e.Message}; give yourself the right to read it, or remove it", inner: e);

    /// <summary>
    /// What the last pass found, if every stamp still proves it; else null. Stamps are asked for on other threads while this one lists the folder and holds what has come against the memory.
    /// </summary>
    private (string Hash, ChangeJournal Journal)? Unchanged(CancellationToken cancellation)
    {
        try
        {
            using var stream = OpenState();
            if (stream is null)
                return null;
            var reader = new StampReader(stream);
            var asked = new Queue<Task<(string Name, FileStamp? Stamp)[]>>();
            foreach (var files in FolderWalk.Files(root, images).Chunk(Chunk))
            {
                cancellation.ThrowIfCancellationRequested();
                asked.Enqueue(Task.Run(() => Array.ConvertAll(files, file => (file.Name, StampOf(file.Path))), CancellationToken.None));
                if (asked.Count > 2 * Environment.ProcessorCount && !Proven(asked.Dequeue()))
                    return null;
            }

            while (asked.TryDequeue(out var last))
            {
                if (!Proven(last))
                    return null;
            }

            return reader.Read(out _) ? null : ChangeJournal.Parse(reader.Tail);

            bool Proven(Task<(string Name, FileStamp? Stamp)[]> stamps)
            {
                foreach (var (name, stamp) in stamps.GetAwaiter().GetResult())
                {
                    if (stamp is { } now && !reader.ReadProof(name, now))
                        return false;
                }

                return true;
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private (string Hash, ChangeJournal Journal) Rescan(Stream target, CancellationToken cancellation)
    {
        try
        {
            using var old = OpenState();
            return Merge(old, target, cancellation);
        }
        catch (InvalidDataException)
        {
            target.SetLength(0);
            return Merge(null, target, cancellation);
        }
    }

    private (string Hash, ChangeJournal Journal) Merge(Stream? oldStream, Stream target, CancellationToken cancellation)
    {
        var reader = oldStream is null ? null : new StampReader(oldStream);
        var writer = new StampWriter(target);
        using var total = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var changes = new ChangeList();
        StampRecord? old = null;
        _ = reader?.Read(out old);
        var pending = new List<Pending>(Chunk);
        foreach (var (name, path) in FolderWalk.Files(root, images))
        {
            if (StampOf(path) is not { } stamp)
                continue;
            for (; old is not null && FolderWalk.Compare(old.Name, name) < 0; _ = reader!.Read(out old))
                changes.Add(old.Name, ChangeList.Gone);
            var known = old?.Name == name ? old : null;
            if (known is not null)
                _ = reader!.Read(out old);
            pending.Add(new(name, path, stamp, known));
            if (pending.Count == Chunk)
                Flush(pending, writer, total, changes, cancellation);
        }

        Flush(pending, writer, total, changes, cancellation);
        for (; old is not null; _ = reader!.Read(out old))
            changes.Add(old.Name, ChangeList.Gone);
        var hash = Convert.ToHexStringLower(total.GetHashAndReset());
        var journal = ChangeJournal.Empty;
        if (reader is not null)
        {
            var (before, entries) = ChangeJournal.Parse(reader.Tail);
            journal = entries.With(before, hash, changes);
        }

        writer.End(journal.Format(hash));
        return (hash, journal);
    }

    private void Flush(List<Pending> pending, StampWriter writer, IncrementalHash total, ChangeList changes, CancellationToken cancellation)
    {
        var records = new StampRecord[pending.Count];
        var now = time.GetUtcNow();
        try
        {
            _ = Parallel.For(0, pending.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
            {
                var (name, path, stamp, known) = pending[i];
                records[i] = known is not null && known.Proves(stamp) ? known : stamp == s_nothing ? new(name, stamp, true, new byte[SHA256.HashSizeInBytes]) : new(name, stamp, !stamp.IsRacy(now), Hash(path));
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is DqException inner)
        {
            throw new DqException(inner.Diagnostics, e);
        }

        Span<byte> length = stackalloc byte[4];
        for (var i = 0; i < records.Length; i++)
        {
            var (name, _, _, known) = pending[i];
            if (known is null)
                changes.Add(name, ChangeList.New);
            else if (!known.Hash.AsSpan().SequenceEqual(records[i].Hash))
                changes.Add(name, ChangeList.Changed);
            writer.Write(records[i]);
            var bytes = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            total.AppendData(length);
            total.AppendData(bytes);
            total.AppendData(records[i].Hash);
        }

        pending.Clear();
    }

    /// <summary>The stamp of a name that counts; null of one that does not, as it is no file.</summary>
    /// <exception cref="IOException">The disk does not answer, which is not to say that there is no file.</exception>
    private FileStamp? StampOf(string path)
    {
        if (FileStamp.Of(path) is { } stamp)
            return stamp;
        try
        {
            _ = File.GetAttributes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Gone since it was listed.
        }

        return images is null ? null : s_nothing;
    }

    private static byte[] Hash(string path)
    {
        try
        {
            return ContentHash.OfFile(path);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw Unreadable(path, e);
        }
    }

    private FileStream? OpenState()
    {
        try
        {
            return new FileStream(statePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    private readonly record struct Pending(string Name, string Path, FileStamp Stamp, StampRecord? Known);
}
