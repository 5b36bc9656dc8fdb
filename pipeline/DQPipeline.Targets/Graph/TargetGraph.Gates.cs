using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The measurements that names in an evaluation stand for.</summary>
public sealed partial class TargetGraph
{
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

    /// <summary>All cells of a model in an evaluation; none where the evaluation does not measure it.</summary>
    internal List<EvaluationCell> AllCellsOf(EvaluateDeclaration evaluation, ModelTarget model) =>
        [.. _targets.OfType<EvaluationCell>().Where(cell => cell.Name == evaluation.Name && cell.Model == model)];

    /// <summary>The measurements that the gates on a model, and on the trained one that it was made of, are held against.</summary>
    private List<EvaluationCell> GatedCells(ModelTarget model)
    {
        string[] names = [model.Name, model.Trained.Name];
        var cells =
            from evaluation in Pipeline.Evaluate.Values
            from gate in evaluation.Gates
            from called in ModelsCalled(gate.Model)
            where names.Contains(called.Name)
            from cell in GateCells.Of(this, evaluation, gate, called).All
            select cell;
        return [.. cells.Distinct()];
    }
}
