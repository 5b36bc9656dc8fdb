using DQPipeline.Declarations;

namespace DQPipeline.Tool.Commands;

/// <summary>A file that a command writes at its end.</summary>
internal static class OutFile
{
    /// <summary>Makes the folder of a file, and tries whether the file can be written there: before the work for it, which would be lost.</summary>
    /// <exception cref="DqException">DQ6004: it cannot be written.</exception>
    public static void Prepare(string path)
    {
        if (Path.GetFileName(path).Length == 0 || Directory.Exists(path))
            throw new DqException(DiagnosticCodes.CannotWrite, $"cannot write \"{path}\": that is a folder; name a file");
        AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var trial = AtomicFile.TemporaryFor(path);
        try
        {
            AtomicFile.Create(trial).Dispose();
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(path, e);
        }

        AtomicFile.TryDelete(trial);
    }
}
