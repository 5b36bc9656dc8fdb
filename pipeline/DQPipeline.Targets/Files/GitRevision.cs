using System.ComponentModel;
using System.Diagnostics;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Files;

/// <summary>A revision of the git repository that a folder lies in, read by the git of this machine.</summary>
internal sealed class GitRevision
{
    private readonly string _folder;

    private GitRevision(string folder, string asked, string commit) => (_folder, Asked, Commit) = (folder, asked, commit);

    /// <summary>What was asked for: <c>HEAD</c>, a branch, a tag, a commit.</summary>
    public string Asked { get; }

    /// <summary>The commit that it is.</summary>
    public string Commit { get; }

    /// <summary>Finds a revision.</summary>
    /// <exception cref="DqException">DQ6009: there is no git, no repository or no such revision.</exception>
    public static GitRevision Find(string folder, string asked)
    {
        var (output, error) = Run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", asked + "^{commit}");
        return output is not null ? new(folder, asked, System.Text.Encoding.ASCII.GetString(output).Trim())
            : throw Unreadable(error.Length > 0 ? error : $"there is no revision '{asked}' in the repository of {SourcePlace.Shown(folder)}; `git log` lists those that there are");
    }

    /// <summary>A file of the folder as it was then; null where it was not there.</summary>
    public byte[]? Read(string file) => Run(_folder, "show", "--end-of-options", $"{Commit}:./{file}").Output;

    private static (byte[]? Output, string Error) Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            return process.ExitCode == 0 ? (output.ToArray(), "") : (null, error.Result.Trim());
        }
        catch (Win32Exception e)
        {
            throw new DqException(DiagnosticCodes.RevisionUnreadable, $"git cannot be run: {e.Message}; install it, or put it on the PATH", inner: e);
        }
    }

    private static DqException Unreadable(string why) => new(DiagnosticCodes.RevisionUnreadable, why);
}
