using DQPipeline.Targets.Building;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Reports;

/// <summary>
/// Of which dq.json and dq.lock the reports were written that lie there: while those are the same and every target was up to date, a build need not compose them. What a revision of git tells is not
/// looked at: the page says of which it is.
/// </summary>
/// <param name="workspace">Where.</param>
/// <param name="options">How the build was done.</param>
/// <param name="writer">What writes the pages, in its version.</param>
public sealed class ReportMemory(Workspace workspace, BuildOptions options, string writer)
{
    private readonly FileHashes _files = new(workspace, TimeProvider.System);

    /// <summary>Whether a report's files are what they would be if they were written now.</summary>
    public bool Holds(Report report) => options.AsDeclared?.Stands(workspace) == true && workspace.PathsOf(report).All(File.Exists) && Memory(report).Is(State(report));

    /// <summary>Remembers a report that was written now.</summary>
    public void Remember(Report report)
    {
        if (options.AsDeclared?.Stands(workspace) == true)
            Memory(report).Set(State(report));
        _files.Save();
    }

    private RememberedState Memory(Report report) => new(workspace, $"report-{report.Name}");

    private string State(Report report) => string.Join('\n', [writer, options.Device, _files.Hash(workspace.DeclarationPath), _files.Hash(workspace.LockPath), .. workspace.PathsOf(report).Select(path => _files.Hash(path))]);
}
