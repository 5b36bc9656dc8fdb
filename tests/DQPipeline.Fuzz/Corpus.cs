namespace DQPipeline.Fuzz;

/// <summary>The files from which others are made: what one begins with, and every file that took a way which none had taken before it.</summary>
internal sealed class Corpus(IEnumerable<byte[]> seeds)
{
    /// <summary>Longer files are not kept: what they show, shorter ones do, and sooner.</summary>
    private const int Longest = 1 << 20;

    private readonly List<byte[]> _files = [.. seeds];
    private readonly List<byte[]> _taken = [.. seeds];

    public int Count => _files.Count;

    /// <summary>
    /// One of the files: every other time one that was taken, as what follows a refusal is never tried by a file that is refused; and the late ones, which are where something new was found
    /// last, more often than the others.
    /// </summary>
    public byte[] Pick(Random random)
    {
        var files = random.Next(2) == 0 ? _taken : _files;
        var late = random.Next(2) == 0 ? Math.Min(files.Count, 32) : files.Count;
        return files[files.Count - 1 - random.Next(late)];
    }

    /// <param name="file">A file that showed something new.</param>
    /// <param name="taken">Whether it was taken.</param>
    public void Add(byte[] file, bool taken)
    {
        if (file.Length > Longest)
            return;
        _files.Add(file);
        if (taken)
            _taken.Add(file);
    }
}
