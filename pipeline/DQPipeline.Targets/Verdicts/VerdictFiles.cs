using DQPipeline.Declarations;
using DQPipeline.Targets.Building;

namespace DQPipeline.Targets.Verdicts;

/// <summary>The files in which a build tells other programs how it ended, each only where it is asked for.</summary>
/// <param name="Sarif">Where the findings and gates go as SARIF 2.1.0; null for nowhere.</param>
/// <param name="JUnit">Where the gates and targets go as JUnit XML; null for nowhere.</param>
/// <param name="ToolVersion">The version of the program that builds.</param>
public sealed record VerdictFiles(string? Sarif, string? JUnit, string ToolVersion)
{
    /// <summary>Those that are asked for, by their full paths.</summary>
    public IReadOnlyList<string> Paths => [.. new[] { Sarif, JUnit }.OfType<string>().Select(Path.GetFullPath)];

    /// <summary>
    /// Writes what a build ended with. Equal results give equal bytes, and a file that holds them already keeps its time: nothing in it tells when or where the build was,
    /// so that two of them can be compared and whoever remembers their stamps need not read them.
    /// </summary>
    /// <exception cref="DqException">DQ6004: a file cannot be written.</exception>
    public void Write(Workspace workspace, BuildResult result)
    {
        var root = new SourceRoot(workspace);
        if (Sarif is not null)
            WrittenFile.Update(Path.GetFullPath(Sarif), SarifFile.Write(result, root, ToolVersion));
        if (JUnit is not null)
            WrittenFile.Update(Path.GetFullPath(JUnit), JUnitFile.Write(result, root));
    }
}
