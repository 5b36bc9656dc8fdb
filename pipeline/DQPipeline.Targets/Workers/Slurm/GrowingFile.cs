using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>Reads the lines of a file that another machine appends to. It is opened anew each time: only then does a network file system show what was written elsewhere.</summary>
internal sealed class GrowingFile(string path)
{
    private readonly Decoder _decoder = new UTF8Encoding(false).GetDecoder();
    private readonly StringBuilder _begun = new();
    private long _read;

    /// <summary>The lines that are whole since the last call; none where the file is not there yet, or not to be read just now.</summary>
    public IReadOnlyList<string> Lines()
    {
        var lines = new List<string>();
        try
        {
            if (!File.Exists(path))
                return lines;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Position = _read;
            var bytes = new byte[1 << 16];
            var characters = new char[bytes.Length + 1];
            for (int count; (count = stream.Read(bytes)) > 0; _read += count)
                Take(characters.AsSpan(0, _decoder.GetChars(bytes.AsSpan(0, count), characters, flush: false)), lines);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // The next call goes on where this one stopped.
        }

        return lines;
    }

    private void Take(ReadOnlySpan<char> text, List<string> lines)
    {
        for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
        {
            lines.Add(_begun.Append(text[..end]).ToString());
            _ = _begun.Clear();
        }

        _ = _begun.Append(text);
    }
}
