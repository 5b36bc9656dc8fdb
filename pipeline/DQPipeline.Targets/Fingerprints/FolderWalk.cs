using System.IO.Enumeration;
using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>
/// The files below a folder, siblings in ordinal order and each folder's files where the folder stands, so that two walks can be merged like sorted lists.
/// Names that begin with a dot are left out; links are followed, except to a folder they lie in.
/// </summary>
internal static class FolderWalk
{
    /// <summary>Names relative to the folder with '/' between their parts, and full paths.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="images">Which names are wanted, and of which folders without any the name of the folder itself, with a '/' behind it; null for all files and no folder.</param>
    public static IEnumerable<(string Name, string Path)> Files(string root, ImageNames? images = null)
    {
        var open = new Stack<Level>();
        open.Push(new(Entries(root, images), "", root, FileStamp.FolderIdentity(root)));
        var layout = images?.In(open.Peek().Entries.Select(entry => (entry.Name, entry.IsFolder)));
        while (open.TryPeek(out var level))
        {
            if (level.Next == level.Entries.Length)
            {
                _ = open.Pop();
                if (!level.HasNames && layout?.IsClass(level.Prefix) == true)
                {
                    level.HasNames = true;
                    yield return (level.Prefix, level.Path);
                }

                if (open.TryPeek(out var above))
                    above.HasNames |= level.HasNames;
                continue;
            }

            var entry = level.Entries[level.Next++];
            var name = level.Prefix + entry.Name;
            var path = Path.Combine(level.Path, entry.Name);
            if (!entry.IsFolder)
            {
                if (layout?.Reads(name) == false)
                    continue;
                level.HasNames = true;
                yield return (name, path);
                continue;
            }

            var identity = entry.IsLink ? FileStamp.FolderIdentity(path) : null;
            if (identity is null || !open.Any(l => l.Identity == identity))
                open.Push(new(Entries(path, images), name + "/", path, identity ?? FileStamp.FolderIdentity(path)));
        }
    }

    /// <summary>The order of <see cref="Files"/>: ordinal, with '/' before every other character.</summary>
    public static int Compare(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length)
            return a.Length.CompareTo(b.Length);
        char x = a[same], y = b[same];
        return (x == '/' ? '\0' : x).CompareTo(y == '/' ? '\0' : y);
    }

    private static Entry[] Entries(string folder, ImageNames? images)
    {
        var entries = new FileSystemEnumerable<Entry>(
            folder,
            // A folder's listing says what is a folder; attributes cost a call to the system for each entry, and of files nobody asks for them.
            static (ref FileSystemEntry e) => new(e.FileName.ToString(), e.IsDirectory, e.IsDirectory && (e.Attributes & FileAttributes.ReparsePoint) != 0),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false })
        {
            ShouldIncludePredicate = images is null
                ? static (ref FileSystemEntry e) => e.FileName[0] != '.'
                : static (ref FileSystemEntry e) => e.FileName[0] != '.' && !ImageNames.IsPassedOver(e.FileName),
        }.ToArray();
        Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    private readonly record struct Entry(string Name, bool IsFolder, bool IsLink);

    private sealed class Level(Entry[] entries, string prefix, string path, (ulong Device, ulong Inode)? identity)
    {
        public Entry[] Entries { get; } = entries;

        public string Prefix { get; } = prefix;

        public string Path { get; } = path;

        public (ulong Device, ulong Inode)? Identity { get; } = identity;

        public int Next { get; set; }

        /// <summary>Whether a name in it or below it was given.</summary>
        public bool HasNames { get; set; }
    }
}
