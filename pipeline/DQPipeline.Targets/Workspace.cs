using System.Security.Cryptography;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets;

/// <summary>
/// A folder with a dq.json, and where everything of its builds lies. <c>dq.lock</c> is committed to git; <c>.dq/</c> is not (it holds its own .gitignore)
/// and may be deleted at any time: what is lost is only time.
/// </summary>
public sealed class Workspace
{
    /// <summary>A workspace in <paramref name="folder"/>, absolute or relative to the current folder. Touches no file.</summary>
    public Workspace(string folder)
    {
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        DqFolder = Path.Combine(Folder, ".dq");
    }

    /// <summary>The folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>The declarations, <c>dq.json</c>.</summary>
    public string DeclarationPath => Path.Combine(Folder, "dq.json");

    /// <summary>The recorded results, <c>dq.lock</c>.</summary>
    public string LockPath => Path.Combine(Folder, "dq.lock");

    /// <summary>The folder of everything that can be made again, <c>.dq</c>.</summary>
    public string DqFolder { get; }

    /// <summary>The content-addressed cache, <c>.dq/cache</c>.</summary>
    public string CacheFolder => Path.Combine(DqFolder, "cache");

    /// <summary>Decoded images of image folders, <c>.dq/cache/images</c>.</summary>
    public string ImagesFolder => Path.Combine(CacheFolder, "images");

    /// <summary>Checkpoints of unfinished workers by the target's key, <c>.dq/checkpoints</c>.</summary>
    public string CheckpointsFolder => Path.Combine(DqFolder, "checkpoints");

    /// <summary>What the workers said, <c>.dq/logs</c>.</summary>
    public string LogsFolder => Path.Combine(DqFolder, "logs");

    /// <summary>The placed outputs, <c>.dq/out</c>.</summary>
    public string OutFolder => Path.Combine(DqFolder, "out");

    /// <summary>What was submitted to Slurm and has not come back, <c>.dq/slurm</c>.</summary>
    public string SlurmFolder => Path.Combine(DqFolder, "slurm");

    /// <summary>What saves hashing, <c>.dq/state</c>.</summary>
    public string StateFolder => Path.Combine(DqFolder, "state");

    /// <summary>Where workers write before their outputs are taken into the cache, <c>.dq/work</c>.</summary>
    public string WorkFolder => Path.Combine(DqFolder, "work");

    /// <summary>Where the output of a target is placed: <c>.dq/out/NAME/OUTPUT</c>.</summary>
    /// <param name="name">The target's name as in dq.json, without its kind.</param>
    /// <param name="output">The output's file name, say <c>model.safetensors</c>.</param>
    public string OutputPath(string name, string output) => Path.Combine(OutFolder, SafeName(name), output);

    /// <summary>Where the files of a report are.</summary>
    public IEnumerable<string> PathsOf(Report report) => report.Files.Select(file => OutputPath(report.Name, file.File));

    /// <summary>The log of a worker: <c>.dq/logs/NAME.log</c>; a '/' in the name is a folder.</summary>
    public string LogPath(string name) => Path.Combine(LogsFolder, string.Join(Path.DirectorySeparatorChar, name.Split('/').Select(SafeName)) + ".log");

    /// <summary>Makes <c>.dq</c> and its .gitignore where they are missing.</summary>
    internal void EnsureDqFolder()
    {
        var ignore = Path.Combine(DqFolder, ".gitignore");
        if (File.Exists(ignore))
            return;
        AtomicFile.CreateFolder(DqFolder);
        try
        {
            AtomicFile.Write(ignore, "*\n"u8);
        }
        catch (DqException) when (File.Exists(ignore))
        {
            // No lock is held here: another build has written it since, and may have swept the half of ours.
        }
    }

    /// <summary>A path below the workspace as people read it, with forward slashes; others as they are.</summary>
    internal string Relative(string path)
    {
        var relative = Path.GetRelativePath(Folder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative.Replace('\\', '/');
    }

    /// <summary>The members of a large matrix may have names that no file system takes; the tail gives way to a hash.</summary>
    private static string SafeName(string name)
    {
        const int longest = 120;
        return name.Length <= longest ? name : $"{name[..(longest - 17)]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16]}";
    }
}
