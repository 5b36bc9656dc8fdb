using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The measurements that names in an evaluation stand for.</summary>
public sealed partial class TargetGraph
{
    private ILookup<string, ModelGate>? _gates;

    /// <summary>The gates on each model, by its name; made when first asked for, which is when every model is here.</summary>
    private ILookup<string, ModelGate> GatesByModel => _gates ??= (
        from evaluation in Pipeline.Evaluate.Values
        from gate in evaluation.Gates
        from model in ModelsCalled(gate.Model)
        select new ModelGate(evaluation, gate, model)).ToLookup(one => one.Model.Name);

    /// <summary>The gates on a model, and on the trained one that it was made of.</summary>
    internal IEnumerable<ModelGate> GatesOn(ModelTarget model) => model.Name == model.Trained.Name ? GatesByModel[model.Name] : GatesByModel[model.Name].Concat(GatesByModel[model.Trained.Name]);

    /// <summary>The cells of one measurement of a model: one, or of a worst case those of all attacks in its norm; none where nothing measures it.</summary>
    internal IReadOnlyList<EvaluationCell> CellsOf(EvaluateDeclaration evaluation, string model, string attack, double epsilon, bool blackBox) =>
        AttackDeclaration.NormOfWorst(attack) is { } norm
            ? blackBox ? [] : AttackedCells(evaluation, model, epsilon, norm)
            : Find(EvaluationCell.IdOf(evaluation.Name, model, attack, epsilon, blackBox)) is EvaluationCell cell ? [cell] : [];

    /// <summary>The cells of all attacks in a norm on a model at ε, white box and black box.</summary>
    internal List<EvaluationCell> AttackedCells(EvaluateDeclaration evaluation, string model, double epsilon, string norm)
    {
        var cells = new List<EvaluationCell>();
        foreach (var attack in evaluation.AllAttacks())
        {
            if (attack.Norm == norm && Find(EvaluationCell.IdOf(evaluation.Name, model, EvaluationCell.NameOf(attack), epsilon, attack.From.Length > 0)) is EvaluationCell cell)
                cells.Add(cell);
        }

        return cells;
    }

    /// <summary>All cells of a model, in every evaluation.</summary>
    internal IReadOnlyList<EvaluationCell> CellsOf(ModelTarget model) => _cells.GetValueOrDefault(model) ?? [];

    /// <summary>All cells of a model in an evaluation; none where the evaluation does not measure it.</summary>
    internal List<EvaluationCell> AllCellsOf(EvaluateDeclaration evaluation, ModelTarget model) =>
        [.. CellsOf(model).Where(cell => cell.Name == evaluation.Name)];

    /// <summary>The measurements that the gates on a model, and on the trained one that it was made of, are held against.</summary>
    private List<EvaluationCell> GatedCells(ModelTarget model) =>
        [.. GatesOn(model).SelectMany(one => GateCells.Of(this, one.Evaluation, one.Gate, one.Model).All).Distinct()];
}

/// <summary>A gate on one model.</summary>
/// <param name="Evaluation">The evaluation that declares it.</param>
/// <param name="Gate">The gate.</param>
/// <param name="Model">The model, where the gate is on a matrix one of its members.</param>
internal sealed record ModelGate(EvaluateDeclaration Evaluation, GateDeclaration Gate, ModelTarget Model);
