using DQPipeline.Declarations;

namespace DQPipeline.Targets.Verdicts;

/// <summary>Files that are a function of others: written only where they do not hold already what they should.</summary>
internal static class WrittenFile
{
    /// <summary>Makes a file hold these bytes; its folder too, where that is missing.</summary>
    /// <exception cref="DqException">DQ6004.</exception>
    public static void Update(string path, ReadOnlySpan<byte> content)
    {
        if (Holds(path, content))
            return;
        AtomicFile.CreateFolder(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, content);
    }

    private static bool Holds(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            return File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return false;
        }
    }
}
