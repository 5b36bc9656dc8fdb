using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The targets that read models.</summary>
public sealed partial class TargetGraph
{
    /// <summary>The trained models in the order of dq.json, but that those from which others start come before them.</summary>
    private static IEnumerable<TrainDeclaration> InOrder(IReadOnlyDictionary<string, TrainDeclaration> train)
    {
        var taken = new HashSet<string>();
        var chain = new Stack<TrainDeclaration>();
        foreach (var model in train.Values)
        {
            for (var next = model; next is not null && !taken.Contains(next.Name); next = train.GetValueOrDefault(next.Weights.From))
            {
                if (chain.Contains(next))
                    throw new DqException(DiagnosticCodes.Cycle, $"models start from one another in a circle, '{next.Name}' among them; one of them has to begin with drawn weights or those of a file", next.Place);
                chain.Push(next);
            }

            while (chain.TryPop(out var first))
            {
                taken.Add(first.Name);
                yield return first;
            }
        }
    }

    /// <summary>The attacks of an evaluation, each with the substitute on which it is made, if that is not the model itself. Made once: ten thousand cells share them.</summary>
    private static List<MadeAttack> Attacks(EvaluateDeclaration evaluation, ModelsByName models)
    {
        var attacks = new List<MadeAttack>();
        foreach (var attack in evaluation.AllAttacks())
            attacks.Add(new(attack, attack.From.Length > 0 ? models.OneTrained($"evaluate '{evaluation.Name}' needs the substitute", attack.From, evaluation.Place) : null));
        return attacks;
    }

    /// <summary>A cell for clean images and one for each attack × ε. A model is no substitute for itself, nor for the integer model made of it: that would be the white-box attack again.</summary>
    private void AddCells(EvaluateDeclaration evaluation, ModelTarget model, List<MadeAttack> attacks)
    {
        Add(new EvaluationCell(evaluation, model, null, 0));
        foreach (var (attack, substitute) in attacks)
        {
            if (substitute == model.Trained)
                continue;
            for (var i = 0; i < evaluation.Epsilon.Count; i++)
            {
                if (FirstIndex(evaluation.Epsilon, evaluation.Epsilon[i]) == i)
                    Add(new EvaluationCell(evaluation, model, attack, evaluation.Epsilon[i], substitute));
            }
        }
    }

    /// <summary>By hand: the library's sets of numbers are compiled anew in every process, which a build with nothing to do would feel.</summary>
    private static int FirstIndex(IReadOnlyList<double> values, double value)
    {
        var i = 0;
        while (values[i] != value)
            i++;
        return i;
    }

    /// <summary>An attack and the model on which it is made, if that is not the one that is measured. A class, as collections of it are then compiled ahead of time.</summary>
    private sealed record MadeAttack(AttackDeclaration Attack, TrainTarget? Substitute);
}
