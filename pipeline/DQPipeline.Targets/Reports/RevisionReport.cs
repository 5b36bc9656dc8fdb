using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>The measurements that a git revision's dq.lock records, and what became of them since.</summary>
/// <param name="Revision">What was asked for: <c>HEAD</c>, a branch, a tag, a commit.</param>
/// <param name="Commit">The commit that it was.</param>
/// <param name="Differences">A line for each measurement of now, in their order, and then one for each that is no longer.</param>
public sealed record RevisionReport(string Revision, string Commit, IReadOnlyList<MetricDifference> Differences)
{
    /// <summary>Whether no measurement has another result.</summary>
    public bool IsSame => Differences.All(difference => difference.Change == MetricChange.None);

    /// <summary>What became of measurements since a revision.</summary>
    /// <param name="workspace">Whose dq.json and dq.lock are looked up.</param>
    /// <param name="graph">The declarations of now, by which dq.lock is read where the revision's own dq.json cannot be.</param>
    /// <param name="now">The measurements of now.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="onlyNow">Leaves out what is no longer measured: where only a part of everything is asked for, the rest is not gone.</param>
    /// <exception cref="DqException">DQ6009: git cannot tell; DQ6002: the dq.lock of then cannot be read.</exception>
    public static RevisionReport Create(Workspace workspace, TargetGraph graph, IReadOnlyList<MetricRecord> now, string revision, bool onlyNow = false)
    {
        var found = GitRevision.Find(workspace.Folder, revision);
        var content = found.Read("dq.lock") ?? throw new DqException(DiagnosticCodes.RevisionUnreadable, $"{revision} has no {SourcePlace.Shown(workspace.LockPath)}; commit it after a build, then there is something to compare with");
        var then = MetricsReport.Recorded(GraphOf(workspace, graph, found), LockFile.Parse($"{revision}:dq.lock", content));
        var before = then.ToDictionary(Identity);
        var after = now.Select(Identity).ToHashSet();
        return new(revision, found.Commit, [
            .. now.Select(metric => new MetricDifference(before.GetValueOrDefault(Identity(metric)), metric)),
            .. then.Where(metric => !onlyNow && !after.Contains(Identity(metric))).Select(metric => new MetricDifference(metric, null)),
        ]);
    }

    private static TargetGraph GraphOf(Workspace workspace, TargetGraph graph, GitRevision revision)
    {
        try
        {
            return revision.Read(PipelineFile.Name) is { } content ? TargetGraph.Create(PipelineFile.Read(workspace.DeclarationPath, content)) : graph;
        }
        catch (DqException)
        {
            // It was written for another version of this tool, or for other variables of the environment.
            return graph;
        }
    }

    private static (string Target, string Model, string Attack, double Epsilon, bool BlackBox) Identity(MetricRecord metric) => (metric.Target, metric.Model, metric.Attack, metric.Epsilon, metric.BlackBox);
}
