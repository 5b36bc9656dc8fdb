using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Gates;

/// <summary>Holds the gates of a pipeline against recorded measurements. Nothing is run for it: a changed threshold costs no attack.</summary>
internal static class GateCheck
{
    /// <summary>Every gate, by member where it is on a matrix, that concerns one of the <paramref name="cells"/>, or that no target of the graph measures.</summary>
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
                var models = graph.ModelsCalled(gate.Model).ToList();
                if (models.Count == 0 && cells.Any(c => c.Name == evaluation.Name))
                    results.Add(Undecided(gate, evaluation, gate.Model, null));
                foreach (var model in models)
                {
                    var cell = graph.Find(EvaluationCell.IdOf(evaluation.Name, model.Name, gate.Attack, gate.Epsilon, gate.BlackBox)) as EvaluationCell;
                    if (cell is null ? cells.Any(c => c.Name == evaluation.Name) : cells.Contains(cell))
                        results.Add(Check(gate, evaluation, model.Name, cell, cell is null ? null : result(cell)));
                }
            }
        }

        return results;
    }

    /// <summary>Which gate on one of the <paramref name="cells"/> fails, in words; null where none does.</summary>
    /// <inheritdoc cref="Check(TargetGraph, IReadOnlySet{Target}, Func{EvaluationCell, TargetRecord})"/>
    public static string? Obstacle(TargetGraph graph, IReadOnlySet<Target> cells, Func<EvaluationCell, TargetRecord?> result) =>
        Check(graph, cells, result).FirstOrDefault(gate => gate.Verdict == GateVerdict.Failed) is { } failed ? $"{failed.Model} fails its gate {Under(failed.Gate)}" : null;

    /// <summary>The error DQ4001 of a gate that failed, in words.</summary>
    public static Diagnostic Failure(GateResult result)
    {
        var gate = result.Gate;
        var rule = gate.Certain
            ? $"its lower end is below the {Percent(gate.AtLeast)} demanded with certainty"
            : $"its upper end is below the {Percent(gate.AtLeast)} demanded";
        return new(DiagnosticCodes.GateFailed, $"{Measured(result)}, and {rule}; make the model more robust, or lower \"atLeast\"", gate.Place);
    }

    /// <summary>How a gate stands that did not fail, in words.</summary>
    public static string Standing(GateResult result) => result.Verdict == GateVerdict.Undecided
        ? $"the gate on {result.Model} {Under(result.Gate)} has no measurement to be held against"
        : $"{Measured(result)}, and {Demand(result.Gate)} is demanded";

    /// <summary>What a gate demands.</summary>
    public static string Demand(GateDeclaration gate) => $"{(gate.Certain ? "with certainty " : "")}at least {Percent(gate.AtLeast)}";

    /// <summary>The finding DQ4002 of a gate without a measurement.</summary>
    public static Diagnostic NoMeasurement(GateResult result, Severity severity, string why) =>
        new(DiagnosticCodes.GateUndecided, $"the gate on {result.Model} {Under(result.Gate)} has no measurement to be held against: {why}", result.Gate.Place, severity);

    private static string Measured(GateResult result)
    {
        var interval = result.Interval!.Value;
        return $"{result.Model} {Under(result.Gate)} keeps an accuracy of {Percent(result.Accuracy!.Value)} (95 % interval {Percent(interval.Low)} to {Percent(interval.High)})";
    }

    private static GateResult Check(GateDeclaration gate, EvaluateDeclaration evaluation, string model, EvaluationCell? cell, TargetRecord? record)
    {
        if (record is null || EvaluationCell.Measurement(record) is not var (samples, correct))
            return Undecided(gate, evaluation, model, cell);
        var interval = WilsonInterval.Of(correct, samples);
        var decisive = gate.Certain ? interval.Low : interval.High;
        return new(gate, evaluation.Name, model, decisive < gate.AtLeast ? GateVerdict.Failed : GateVerdict.Passed, cell, (double)correct / samples, interval);
    }

    private static GateResult Undecided(GateDeclaration gate, EvaluateDeclaration evaluation, string model, EvaluationCell? cell) =>
        new(gate, evaluation.Name, model, GateVerdict.Undecided, cell, null, null);

    private static string Under(GateDeclaration gate) => gate.Attack == "clean" ? "on clean images" : $"under {(gate.BlackBox ? "black-box " : "")}{gate.Attack} at ε = {EvaluationCell.Number(gate.Epsilon)}";

    internal static string Percent(double share) => (share * 100).ToString("0.0#", CultureInfo.InvariantCulture) + " %";
}
