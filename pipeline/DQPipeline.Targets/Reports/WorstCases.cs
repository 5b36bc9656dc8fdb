using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Reports;

/// <summary>The worst cases of one model in one evaluation: at each ε, in each norm in which two attacks or more are declared, over all of them.</summary>
/// <param name="graph">The graph, which knows all attacks that are declared.</param>
internal sealed class WorstCases(TargetGraph graph)
{
    private readonly Dictionary<EvaluationCell, MetricRecord> _recorded = [];
    private EvaluationCell? _first;

    /// <summary>Whether a cell is about another model or evaluation than those taken in.</summary>
    public bool EndBefore(EvaluationCell cell) => _first is not null && (_first.Model != cell.Model || _first.Name != cell.Name);

    /// <summary>Takes a recorded measurement in.</summary>
    public void Add(EvaluationCell cell, MetricRecord metric)
    {
        _first ??= cell;
        if (cell.Attack is not null)
            _recorded[cell] = metric;
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
                var correct = standing.Right.Count(right => right);
                var (low, high) = WilsonInterval.Of(correct, standing.Right.Count);
                yield return new(
                    first.Name, first.Model.Name, AttackDeclaration.WorstIn(norm), epsilon, BlackBox: false, standing.Right.Count, correct, (double)correct / standing.Right.Count, low, high, current)
                {
                    Images = standing,
                };
            }
        }

        _recorded.Clear();
        _first = null;
    }

    private (MeasuredImages Standing, bool Current)? Over(List<EvaluationCell> cells)
    {
        if (cells.Count < 2)
            return null;
        var recorded = new List<MetricRecord>(cells.Count);
        foreach (var cell in cells)
        {
            if (!_recorded.TryGetValue(cell, out var metric) || metric.Images is null)
                return null;
            recorded.Add(metric);
        }

        // What is current is all of the images that are declared now; of the rest the records tell.
        var images = recorded[0].Images!;
        var current = recorded.TrueForAll(metric => metric.Current);
        if (!current && !recorded.TrueForAll(metric => metric.Images!.AreThoseOf(images)))
            return null;
        return Standing.InAll([.. recorded.Select(metric => metric.Images!.Right)]) is { } worst ? (images.With(worst), current) : null;
    }
}
