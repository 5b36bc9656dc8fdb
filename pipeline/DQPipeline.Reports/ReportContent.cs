using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Reports;

/// <summary>What a report is made of: everything that is recorded of what it is about. What a clean clone lacks, as no bytes are there, is left out.</summary>
/// <param name="Title">The page's title.</param>
/// <param name="Results">Records, measurements, gates and findings.</param>
public sealed record ReportContent(string Title, RecordedResults Results)
{
    /// <summary>What became of the measurements since a revision; null where git cannot tell, or where nothing was recorded then.</summary>
    public RevisionReport? Since { get; init; }

    /// <summary>Distances whose files are here, by the target's name.</summary>
    public IReadOnlyList<(DistanceTarget Target, DistanceContent Content)> Distances { get; init; } = [];

    /// <summary>Certificates whose files are here.</summary>
    public IReadOnlyList<(CertifyTarget Target, CertificateContent Content)> Certificates { get; init; } = [];

    /// <summary>Sample images whose files are here.</summary>
    public IReadOnlyList<SampleImages> Samples { get; init; } = [];

    /// <summary>The program that writes the page, with its version.</summary>
    public string Tool { get; init; } = "";

    /// <summary>When dq.lock was last written, in UTC; null where there is none.</summary>
    public DateTime? Recorded { get; init; }

    /// <summary>Collects what a report needs.</summary>
    /// <param name="workspace">Where.</param>
    /// <param name="graph">The targets.</param>
    /// <param name="report">Its options.</param>
    /// <param name="options">How the build decides what is current; what it selects is what the report is about.</param>
    /// <param name="tool">The program's name and version.</param>
    /// <param name="compares">Whether it is a mistake that there is nothing at the report's revision to compare with, as where somebody typed it; else that is left out.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="DqException">DQ6002: dq.lock cannot be read; DQ1005: a selected name means nothing; DQ6009: there is nothing to compare with.</exception>
    public static ReportContent Create(Workspace workspace, TargetGraph graph, ReportDeclaration report, BuildOptions options, string tool, bool compares, CancellationToken cancellation = default)
    {
        var results = RecordedResults.Create(workspace, graph, options, cancellation);
        var current = results.Targets.Where(target => target.Current).Select(target => target.Target).ToList();
        return new(report.Title.Length > 0 ? report.Title : Path.GetFileName(workspace.Folder), results)
        {
            Since = SinceOf(workspace, graph, results, report.Against, compares),
            Distances = [.. Read<DistanceTarget, DistanceContent>(current, target => DistanceFile.TryRead(workspace.OutputPath(target.Name, DistanceTarget.JsonFile)))],
            Certificates = [.. Read<CertifyTarget, CertificateContent>(current, target => CertificateFile.TryRead(workspace.OutputPath(target.Name, CertifyTarget.JsonFile)))],
            Samples = [.. Read<SamplesTarget, SampleImages>(current, target => SampleImages.TryRead(workspace, target)).Select(one => one.Content)],
            Tool = tool,
            Recorded = File.Exists(workspace.LockPath) ? File.GetLastWriteTimeUtc(workspace.LockPath) : null,
        };
    }

    private static IEnumerable<(TTarget Target, TContent Content)> Read<TTarget, TContent>(IEnumerable<Target> targets, Func<TTarget, TContent?> read)
        where TContent : class
    {
        foreach (var target in targets.OfType<TTarget>())
        {
            if (read(target) is { } content)
                yield return (target, content);
        }
    }

    private static RevisionReport? SinceOf(Workspace workspace, TargetGraph graph, RecordedResults results, string revision, bool compares)
    {
        try
        {
            return revision.Length > 0 ? RevisionReport.Create(workspace, graph, results.Metrics, revision, onlyNow: true) : null;
        }
        catch (DqException) when (!compares)
        {
            // No repository, no commit yet, no dq.lock in it: there is nothing to compare with, and that is no fault of the page.
            return null;
        }
    }
}
