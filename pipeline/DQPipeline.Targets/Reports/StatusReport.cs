using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>How every target stands, and why.</summary>
public static class StatusReport
{
    /// <summary>The status of the selected targets and of all that they depend on. Runs nothing and writes nothing but what it remembers of files' hashes.</summary>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ6002: dq.lock cannot be read; DQ1005: a selected name means nothing.</exception>
    public static IReadOnlyList<TargetStatus> Create(Workspace workspace, TargetGraph graph, BuildOptions options, CancellationToken cancellation = default)
    {
        var (planner, nodes) = Plan(workspace, graph, graph.Select(options.Select), options, cancellation);
        var status = new List<TargetStatus>(nodes.Count);
        foreach (var node in nodes)
            status.Add(Of(node, planner.Lock));
        return status;
    }

    /// <summary>How the selected targets stand, and what they are made of, make and feed. Runs nothing, as above.</summary>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ6002: dq.lock cannot be read; DQ1005: a selected name means nothing.</exception>
    public static IReadOnlyList<TargetExplanation> Explain(Workspace workspace, TargetGraph graph, BuildOptions options, CancellationToken cancellation = default)
    {
        var selected = graph.Select(options.Select);
        var (planner, nodes) = Plan(workspace, graph, selected, options, cancellation);
        var asked = selected.ToHashSet();
        return
        [
            .. from node in nodes
               where asked.Contains(node.Target)
               let entry = planner.Lock.Find(node.Target.Id)
               // Of what is up to date the parts are the recorded ones, and are not made anew.
               select new TargetExplanation(
                   Of(node, planner.Lock), node.Key, node.Parts.Count > 0 || entry is null || entry.Record.Key != node.Key ? node.Parts : entry.Parts,
                   [.. graph.Targets.Where(target => target.Requires.Contains(node.Target))], entry?.Record.Outputs ?? []),
        ];
    }

    private static (Planner Planner, IReadOnlyList<Node> Nodes) Plan(Workspace workspace, TargetGraph graph, IReadOnlyList<Target> selected, BuildOptions options, CancellationToken cancellation)
    {
        // Locked and forced are about what a build does; the status is about what is.
        var planner = new Planner(workspace, graph, options with { Locked = false, Force = false }, _ => { }, TimeProvider.System, cancellation);
        var nodes = planner.Plan(selected);
        planner.Files.Save();
        return (planner, nodes);
    }

    private static TargetStatus Of(Node node, LockFile lockFile) => new(node.Target, State(node, lockFile.Find(node.Target.Id) is not null), WithSource(node));

    private static TargetState State(Node node, bool recorded) => node.Action switch
    {
        PlannedAction.None => TargetState.UpToDate,
        PlannedAction.Skip or PlannedAction.Block => TargetState.Skipped,
        PlannedAction.Fail => TargetState.Broken,
        _ => recorded ? TargetState.Stale : TargetState.NeverBuilt,
    };

    private static IReadOnlyList<string> WithSource(Node node) => node.Action switch
    {
        PlannedAction.Adopt => [.. node.Reasons, node.FromCache ? "the cache has its result" : "dq.lock has its result under another name"],
        PlannedAction.Restore => [.. node.Reasons, "the cache has a copy"],
        _ => node.Reasons,
    };
}
