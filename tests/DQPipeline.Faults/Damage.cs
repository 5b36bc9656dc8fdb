namespace DQPipeline.Faults;

/// <summary>Files that are no longer what was written.</summary>
internal static class Damage
{
    /// <summary>Damages one file of a folder, where there is one: a build that is killed at once on a busy machine has made none.</summary>
    public static string OfOneFile(string folder, Random random)
    {
        string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        if (files.Length == 0)
            return "nothing to damage yet";
        var file = files[random.Next(files.Length)];
        return $"{Path.GetRelativePath(folder, file)}: {OfBytes(file, random)}";
    }

    /// <summary>Damages a random range of a file's bytes: other bytes, zeros, a part that is gone, bytes put in, the end cut off, nothing left.</summary>
    public static string OfBytes(string file, Random random)
    {
        var bytes = File.ReadAllBytes(file);
        var from = random.Next(bytes.Length + 1);
        var length = Math.Min(bytes.Length - from, random.Next(4) == 0 ? bytes.Length : random.Next(1, 65));
        var noise = new byte[length];
        random.NextBytes(noise);
        var (what, damaged) = random.Next(6) switch
        {
            0 => ("other bytes", [.. bytes[..from], .. noise, .. bytes[(from + length)..]]),
            1 => ("zeros", [.. bytes[..from], .. new byte[length], .. bytes[(from + length)..]]),
            2 => ("gone", [.. bytes[..from], .. bytes[(from + length)..]]),
            3 => ("put in", [.. bytes[..from], .. noise, .. bytes[from..]]),
            4 => ("cut off", bytes[..from]),
            _ => ("one bit", OneBit(bytes, from)),
        };
        File.WriteAllBytes(file, damaged);
        return $"{what} at {from} of {bytes.Length}, {length} bytes";
    }

    private static byte[] OneBit(byte[] bytes, int at)
    {
        var damaged = (byte[])bytes.Clone();
        if (at < damaged.Length)
            damaged[at] ^= 1 << 3;
        return damaged;
    }
}
