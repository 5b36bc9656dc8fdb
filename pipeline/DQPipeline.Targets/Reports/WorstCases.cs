using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>The worst cases of one model in one evaluation: at each ε, in each norm in which two attacks or more are declared, over all of them.</summary>
/// <param name="graph">The graph, which knows all attacks that are declared.</param>
internal sealed class WorstCases(TargetGraph graph)
{
    private readonly Dictionary<EvaluationCell, Recorded> _recorded = [];
    private EvaluationCell? _first;

    /// <summary>Whether a cell is about another model or evaluation than those taken in.</summary>
    public bool EndBefore(EvaluationCell cell) => _first is not null && (_first.Model != cell.Model || _first.Name != cell.Name);

    /// <summary>Takes a recorded measurement in.</summary>
    public void Add(EvaluationCell cell, LockEntry entry, bool current)
    {
        _first ??= cell;
        if (cell.Attack is not null)
            _recorded[cell] = new(entry, current);
    }

    /// <summary>The worst cases of what was taken in, which is then forgotten; none where an attack has no record, or one of other images than the rest.</summary>
    public IEnumerable<MetricRecord> End()
    {
        if (_first is not { } first)
            yield break;
        foreach (var norm in AttackDeclaration.Norms)
        {
            foreach (var epsilon in first.Evaluation.Epsilon)
            {
                if (Over(graph.AttackedCells(first.Evaluation, first.Model.Name, epsilon, norm)) is not var (standing, current))
                    continue;
                var correct = standing.Count(right => right);
                var (low, high) = WilsonInterval.Of(correct, standing.Length);
                yield return new(
                    first.Name, first.Model.Name, AttackDeclaration.WorstIn(norm), epsilon, BlackBox: false, standing.Length, correct, (double)correct / standing.Length, low, high, current);
            }
        }

        _recorded.Clear();
        _first = null;
    }

    private (bool[] Standing, bool Current)? Over(List<EvaluationCell> cells)
    {
        if (cells.Count < 2)
            return null;
        var (records, measurements) = (new List<Recorded>(cells.Count), new List<bool[]>(cells.Count));
        foreach (var cell in cells)
        {
            if (!_recorded.TryGetValue(cell, out var recorded) || EvaluationCell.StandingIn(recorded.Entry.Record) is not { } standing)
                return null;
            records.Add(recorded);
            measurements.Add(standing);
        }

        // What is current is all of the images that are declared now; of the rest the records tell.
        var current = records.TrueForAll(recorded => recorded.Current);
        if (!current && records.Exists(recorded => SampleOf(recorded.Entry) != SampleOf(records[0].Entry)))
            return null;
        return Standing.InAll(measurements) is { } worst ? (worst, current) : null;
    }

    /// <summary>What decides which images a measurement was made on, and in which order.</summary>
    private static string SampleOf(LockEntry entry) => string.Join(
        '\n', entry.Parts.Where(part => part.Key is "data" or "samples" or "seed" || part.Key.StartsWith("dataset.", StringComparison.Ordinal)).Select(part => $"{part.Key} {part.Value}"));

    /// <summary>A record, and whether it is of the inputs as they are now. A class, as collections of it are then compiled ahead of time.</summary>
    private sealed record Recorded(LockEntry Entry, bool Current);
}
