using DQPipeline.Declarations;

namespace DQPipeline.Targets.Building;

/// <summary>Tells the observer, one call at a time, and keeps the diagnostics for the result.</summary>
internal sealed class BuildReport(IBuildObserver observer)
{
    private readonly Lock _sync = new();
    private readonly List<Diagnostic> _diagnostics = [];

    public IReadOnlyList<Diagnostic> Diagnostics
    {
        get
        {
            lock (_sync)
                return [.. _diagnostics];
        }
    }

    public void Report(Diagnostic diagnostic)
    {
        lock (_sync)
        {
            // The plan may be made twice, and a worker's failure meets all its cells: say it once.
            if (_diagnostics.Contains(diagnostic))
                return;
            _diagnostics.Add(diagnostic);
            observer.Report(diagnostic);
        }
    }

    public void Waiting(string holder) => Tell(o => o.Waiting(holder));

    public void Planned(IReadOnlyList<Node> nodes)
    {
        var plan = new PlannedTarget[nodes.Count];
        for (var i = 0; i < plan.Length; i++)
            plan[i] = new(nodes[i].Target, nodes[i].Action, nodes[i].Reasons);
        Tell(o => o.Planned(new(plan)));
    }

    public void Tell(Action<IBuildObserver> tell)
    {
        lock (_sync)
            tell(observer);
    }
}
