using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Gates;

/// <summary>Holds the gates of a pipeline against recorded measurements. Nothing is run for it: a changed threshold costs no attack.</summary>
internal static class GateCheck
{
    /// <summary>Every gate, by member where it is on a matrix, of which the <paramref name="cells"/> hold all that decides it, or which no target of the graph measures.</summary>
    /// <param name="graph">The graph whose evaluations declare the gates.</param>
    /// <param name="cells">The cells that the build is about.</param>
    /// <param name="result">The current result of a cell; null where it has none.</param>
    public static IReadOnlyList<GateResult> Check(TargetGraph graph, IReadOnlySet<Target> cells, Func<EvaluationCell, TargetRecord?> result)
    {
        var results = new List<GateResult>();
        foreach (var evaluation in graph.Pipeline.Evaluate.Values)
        {
            foreach (var gate in evaluation.Gates)
            {
                var models = graph.ModelsCalled(gate.Model);
                if (models.Count == 0 && cells.Any(cell => cell.Name == evaluation.Name))
                    results.Add(new(gate, evaluation.Name, gate.Model, GateVerdict.Undecided, [], null, null));
                foreach (var model in models)
                {
                    var needed = GateCells.Of(graph, evaluation, gate, model);
                    if (IsDecidedBy(needed, evaluation, cells))
                        results.Add(Check(gate, evaluation, model, needed, result));
                }
            }
        }

        return results;
    }

    /// <summary>Which gate on a model, or on the trained one that it was made of, fails or cannot be decided, in words; null where all pass: what nobody could judge is not shipped either.</summary>
    /// <param name="graph">The graph whose evaluations declare the gates.</param>
    /// <param name="model">The model.</param>
    /// <param name="cells">All cells that decide those gates.</param>
    /// <param name="result">The current result of a cell; null where it has none.</param>
    public static string? Obstacle(TargetGraph graph, ModelTarget model, IReadOnlySet<Target> cells, Func<EvaluationCell, TargetRecord?> result) =>
        CheckOn(graph, model, cells, result).FirstOrDefault(gate => gate.Verdict != GateVerdict.Passed) is { } gate
            ? gate.Verdict == GateVerdict.Failed ? $"{gate.Model} fails its gate {GateText.Under(gate.Gate)}" : $"the gate on {gate.Model} {GateText.Under(gate.Gate)} cannot be decided"
            : null;

    /// <summary>The gates on a model, and on the trained one that it was made of, of which the <paramref name="cells"/> hold all that decides them; those may be of other models too.</summary>
    /// <inheritdoc cref="Obstacle"/>
    public static IEnumerable<GateResult> CheckOn(TargetGraph graph, ModelTarget model, IReadOnlySet<Target> cells, Func<EvaluationCell, TargetRecord?> result)
    {
        foreach (var (evaluation, gate, gated) in graph.GatesOn(model))
        {
            var needed = GateCells.Of(graph, evaluation, gate, gated);
            if (IsDecidedBy(needed, evaluation, cells))
                yield return Check(gate, evaluation, gated, needed, result);
        }
    }

    /// <summary>Whether cells hold all that decides a gate; where nothing measures it, whether they are of its evaluation, which then says so.</summary>
    private static bool IsDecidedBy(GateCells needed, EvaluateDeclaration evaluation, IReadOnlySet<Target> cells) =>
        needed.Own.Count == 0 ? cells.Any(cell => cell.Name == evaluation.Name) : needed.All.All(cells.Contains);

    private static GateResult Check(GateDeclaration gate, EvaluateDeclaration evaluation, ModelTarget model, GateCells needed, Func<EvaluationCell, TargetRecord?> result)
    {
        var undecided = new GateResult(gate, evaluation.Name, model.Name, GateVerdict.Undecided, [.. needed.All], null, null);
        if (Standing(needed.Own, result) is not { } standing)
            return undecided;
        var correct = standing.Count(right => right);
        var (comparisons, lacks) = (new List<GateComparison>(), new List<string>());
        foreach (var other in needed.Others)
        {
            if (Standing(other.Cells, result) is { } pairs && pairs.Length == standing.Length)
                comparisons.Add(new(other.Model, Share(pairs), PairedComparison.Of(standing, pairs)));
            else
                lacks.Add($"'{evaluation.Name}' does not measure {other.Model} on the same images; let it, or compare with another model");
        }

        var trust = gate.Trusted ? GateTrust.Of(gate, evaluation, model, needed, result) : new([], null);
        if (trust.Lack is not null)
            lacks.Add(trust.Lack);
        var measured = undecided with
        {
            Accuracy = Share(standing),
            Interval = WilsonInterval.Of(correct, standing.Length),
            Comparisons = comparisons,
            Signs = trust.Signs,
            Lack = lacks.Count > 0 ? string.Join("; ", lacks) : null,
        };
        var fails = GateText.IsTooLow(measured) || comparisons.Exists(comparison => comparison.Fails(gate.Certain)) || trust.Signs.Count > 0;
        return measured with { Verdict = fails ? GateVerdict.Failed : lacks.Count > 0 ? GateVerdict.Undecided : GateVerdict.Passed };
    }

    /// <summary>For each image whether it is right under all of these; null where one of them has no result.</summary>
    private static bool[]? Standing(IReadOnlyList<EvaluationCell> cells, Func<EvaluationCell, TargetRecord?> result)
    {
        var measurements = new List<bool[]>(cells.Count);
        foreach (var cell in cells)
        {
            if (result(cell) is not { } record || EvaluationCell.StandingIn(record) is not { } standing)
                return null;
            measurements.Add(standing);
        }

        return Records.Standing.InAll(measurements);
    }

    private static double Share(bool[] standing) => (double)standing.Count(right => right) / standing.Length;
}
