using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// Writes the model cards at the end of a build. A card is a function of what is declared and of what dq.lock records, and nothing that a worker makes: another gate or
/// another evaluation changes it and leaves the package as it is. It lies beside the files that it is about, and only where they are: on a clean clone there are none.
/// </summary>
internal sealed class ModelCards(Workspace workspace, TargetGraph graph, BuildOptions options, Planner planner, TimeProvider time)
{
    /// <summary>Writes the cards of the packages among the <paramref name="nodes"/> that are current, each only where it says something new.</summary>
    /// <param name="nodes">What the build was about.</param>
    /// <param name="metrics">The measurements among it.</param>
    /// <param name="cancellation">Gives up what only a part of the build would need.</param>
    /// <exception cref="DqException">DQ6004.</exception>
    public void Write(IReadOnlyList<Node> nodes, IReadOnlyList<MetricRecord> metrics, CancellationToken cancellation)
    {
        var packages = Packages(nodes);
        if (packages.Count == 0 || cancellation.IsCancellationRequested)
            return;
        var memory = new CardMemory(workspace, options, planner.Files);
        var measurements = 0;
        foreach (var metric in metrics)
            measurements += metric.Current ? 1 : 0;
        if (memory.Holds(packages, measurements))
            return;
        Write(packages, Measured([.. nodes, .. Others(nodes, packages, cancellation)]));
        memory.Remember(packages, measurements);
    }

    private void Write(List<PackageTarget> packages, IReadOnlyList<MetricRecord> metrics)
    {
        foreach (var package in packages)
        {
            if (Card(package, metrics) is not { } card)
                continue;
            WrittenFile.Update(workspace.OutputPath(package.Name, PackageTarget.CardFile), CardMarkdown.Write(card));
            WrittenFile.Update(workspace.OutputPath(package.Name, PackageTarget.BomFile), CardBom.Write(card));
        }
    }

    /// <summary>The packages that are current and here.</summary>
    private List<PackageTarget> Packages(IReadOnlyList<Node> nodes)
    {
        var packages = new List<PackageTarget>();
        foreach (var node in nodes)
        {
            if (node is { Succeeded: true, Target: PackageTarget package } && IsHere(package))
                packages.Add(package);
        }

        return packages;
    }

    private bool IsHere(PackageTarget package) => package.Outputs.All(name => File.Exists(workspace.OutputPath(package.Name, name)));

    /// <summary>What is current, in the order of the declarations, whichever of it the build was about.</summary>
    private IReadOnlyList<MetricRecord> Measured(IReadOnlyList<Node> nodes)
    {
        var cells = nodes.Where(node => node.Target is EvaluationCell).ToDictionary(node => node.Target);
        return [.. MetricsReport.Of(graph, [.. graph.Targets.Where(cells.ContainsKey).Select(target => cells[target])], planner.Lock).Where(metric => metric.Current)];
    }

    /// <summary>The measurements of the packaged models that this build was not about: whether they are current has to be decided first.</summary>
    private IEnumerable<Node> Others(IReadOnlyList<Node> nodes, List<PackageTarget> packages, CancellationToken cancellation)
    {
        var known = nodes.Select(node => node.Target).ToHashSet();
        var packaged = packages.Select(package => package.Model).ToHashSet();
        var others = graph.Targets.Where(target => target is EvaluationCell cell && packaged.Contains(cell.Model) && !known.Contains(cell)).ToList();
        if (others.Count == 0)
            return [];
        var elsewhere = new Planner(workspace, graph, options with { Force = false, TakesUp = false, Locked = false, Fetch = [] }, _ => { }, time, cancellation);
        return elsewhere.Plan(others).Where(node => node.Target is EvaluationCell);
    }

    private ModelCard? Card(PackageTarget package, IReadOnlyList<MetricRecord> metrics)
    {
        var lockFile = planner.Lock;
        if (lockFile.Find(package.Id) is not { } entry || lockFile.Find(package.Model.Id) is not { } model || lockFile.Find(package.Model.Trained.Id) is not { } trained)
            return null;
        var cells = graph.CellsOf(package.Model);
        var own = metrics.Where(metric => metric.Model == package.Model.Name).ToList();
        var measured = own.Select(metric => EvaluationCell.IdOf(metric.Target, metric.Model, metric.Attack, metric.Epsilon, metric.BlackBox)).ToHashSet();
        var gated = cells.Concat(package.Requires.OfType<EvaluationCell>()).ToHashSet<Target>();
        var current = measured.Concat(package.Requires.Select(required => required.Id)).ToHashSet();
        return new(package, entry.Record, model, trained)
        {
            Info = PackageInfo.TryRead(workspace, package),
            Ancestors = [.. Ancestors(package.Model)],
            Metrics = own,
            Measured = [.. cells.Where(cell => measured.Contains(cell.Id))],
            Unmeasured = [.. cells.Where(cell => !measured.Contains(cell.Id))],
            Gates = [.. GateCheck.CheckOn(graph, package.Model, gated, cell => current.Contains(cell.Id) ? lockFile.Find(cell.Id)?.Record : null)],
        };
    }

    private IEnumerable<(TrainTarget Model, TargetRecord Record)> Ancestors(ModelTarget model)
    {
        for (var next = model is TrainTarget trained ? trained.Start : model.Trained; next is not null && planner.Lock.Find(next.Id) is { } entry; next = next.Start)
            yield return (next, entry.Record);
    }
}
