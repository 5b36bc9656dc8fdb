using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The measurements that a gate on one model is held against.</summary>
/// <param name="Own">Those of the gate's own measurement; none where nothing measures it.</param>
/// <param name="Others">The models with which it is compared, each with its cells of the same measurement.</param>
/// <param name="Trust">All of the evaluation on the trained model, where the gate demands trust; none where the evaluation does not measure that.</param>
internal sealed record GateCells(IReadOnlyList<EvaluationCell> Own, IReadOnlyList<ComparedCells> Others, IReadOnlyList<EvaluationCell> Trust)
{
    /// <summary>All of them, some perhaps more than once.</summary>
    public IEnumerable<EvaluationCell> All => Own.Concat(Others.SelectMany(other => other.Cells)).Concat(Trust);

    /// <summary>Finds them.</summary>
    public static GateCells Of(TargetGraph graph, EvaluateDeclaration evaluation, GateDeclaration gate, ModelTarget model)
    {
        var others = gate.NotWorseThan.Length == 0 ? [] : graph.ModelsCalled(gate.NotWorseThan).Where(other => other != model);
        return new(
            graph.CellsOf(evaluation, model.Name, gate.Attack, gate.Epsilon, gate.BlackBox),
            [.. others.Select(other => new ComparedCells(other.Name, graph.CellsOf(evaluation, other.Name, gate.Attack, gate.Epsilon, gate.BlackBox)))],
            gate.Trusted ? graph.AllCellsOf(evaluation, model.Trained) : []);
    }
}

/// <summary>A model with which another is compared, and the cells of its measurement; none where nothing measures it.</summary>
internal sealed record ComparedCells(string Model, IReadOnlyList<EvaluationCell> Cells);
